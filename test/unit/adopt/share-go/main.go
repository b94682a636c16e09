// Reads cookies as a Go app does, for share-writers.test.ts: a JSON list on standard input, a list of what was found on its output.
package main

import (
	"crypto/sha512"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"sort"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

type question struct {
	Name, Value, Hash, Block, Kind string
	MaxAge                         int
}

func main() {
	gob.Register([]interface{}{})
	gob.Register(map[string]interface{}{})
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	answers := [][]string{}
	for _, q := range questions {
		answers = append(answers, answer(q))
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}

// The values with their Go types, in the order of their names, or the error.
func answer(q question) []string {
	var block []byte
	if q.Block != "" {
		block = []byte(q.Block)
	}
	if q.Kind == "store" {
		store := sessions.NewCookieStore([]byte(q.Hash), block)
		store.MaxAge(q.MaxAge)
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Cookie", q.Name+"="+q.Value)
		session, err := store.Get(request, q.Name)
		if err != nil {
			return []string{"error: " + err.Error()}
		}
		return shown(session.Values)
	}
	codec := securecookie.New([]byte(q.Hash), block).MaxAge(q.MaxAge)
	if q.Kind == "sha512" {
		codec.HashFunc(sha512.New)
	}
	values := map[interface{}]interface{}{}
	var err error
	if q.Kind == "json" {
		plain := map[string]interface{}{}
		err = codec.SetSerializer(securecookie.JSONEncoder{}).Decode(q.Name, q.Value, &plain)
		for key, value := range plain {
			values[key] = value
		}
	} else {
		err = codec.Decode(q.Name, q.Value, &values)
	}
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	return shown(values)
}

func shown(values map[interface{}]interface{}) []string {
	lines := []string{}
	for key, value := range values {
		lines = append(lines, fmt.Sprintf("%v: %T %#v", key, value, value))
	}
	sort.Strings(lines)
	return lines
}
