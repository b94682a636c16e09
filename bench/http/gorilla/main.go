// The server of the comparison that is written in Go: gorilla's CookieStore, signed and encrypted, with the session of the others.
package main

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	"github.com/gorilla/sessions"
)

type item struct {
	Sku string
	Qty int
}

type page struct {
	Path string
	At   int64
}

func main() {
	gob.Register([]item{})
	gob.Register([]page{})
	store := sessions.NewCookieStore([]byte("q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp"), []byte("Vw2hJk8sLq0zXc5vBn7mPa3dFg9tRy6u"))
	store.Options = &sessions.Options{Path: "/", HttpOnly: true}
	serve := func(path string, act func(*sessions.Session) any, saves bool) {
		http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			session, _ := store.Get(r, "session")
			answer := act(session)
			if saves {
				if err := session.Save(r, w); err != nil {
					http.Error(w, err.Error(), 500)
					return
				}
			}
			w.Header().Set("content-type", "application/json")
			json.NewEncoder(w).Encode(answer)
		})
	}
	serve("/start", func(s *sessions.Session) any {
		s.Values["userId"] = "0b3f5ae2-54a4-4a35-9d5a-3ac8f1a6d5f1"
		s.Values["email"] = "someone@example.org"
		s.Values["roles"] = []string{"admin", "editor"}
		s.Values["cart"] = []item{{"A-1", 2}, {"B-7", 1}}
		s.Values["seen"] = []page{}
		s.Values["n"] = 0
		return map[string]bool{"ok": true}
	}, true)
	serve("/read", func(s *sessions.Session) any { return map[string]any{"userId": s.Values["userId"]} }, false)
	serve("/write", func(s *sessions.Session) any {
		n, _ := s.Values["n"].(int)
		s.Values["n"] = n + 1
		return map[string]int{"n": n + 1}
	}, true)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, nil))
}
