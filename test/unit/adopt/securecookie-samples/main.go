// Writes the samples that securecookie.test.ts reads: go run . > ../securecookie-samples.json
package main

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

var (
	hash  = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	block = []byte("fedcba9876543210fedcba9876543210")
	other = []byte("another-hash-key-of-thirty-two-b")
)

func main() {
	out := map[string]string{}
	must := func(text string, err error) string {
		if err != nil {
			panic(err)
		}
		return text
	}
	out["signed"] = must(securecookie.New(hash, nil).Encode("session", map[string]any{"userId": 7}))
	out["encrypted"] = must(securecookie.New(hash, block).Encode("session", map[string]any{"userId": 7}))
	out["aes-128"] = must(securecookie.New(hash, block[:16]).Encode("session", "text"))
	out["json"] = must(securecookie.New(hash, block).SetSerializer(securecookie.JSONEncoder{}).Encode("session", map[string]any{"a": []int{1}}))
	out["nop"] = must(securecookie.New(hash, nil).SetSerializer(securecookie.NopEncoder{}).Encode("session", []byte{0, 1, 255}))
	out["sha512"] = must(securecookie.New(hash, nil).HashFunc(sha512.New).Encode("session", "text"))
	out["older key"] = must(securecookie.New(other, nil).Encode("session", "text"))
	out["other name"] = must(securecookie.New(hash, nil).Encode("another", "text"))

	values := func(session *sessions.Session) {
		session.Values["userId"] = 7
		session.Values["cart"] = []string{"pear"}
		session.AddFlash("Welcome")
	}
	save := func(store sessions.Store) string {
		request, recorder := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		session, _ := store.Get(request, "app")
		values(session)
		if err := session.Save(request, recorder); err != nil {
			panic(err)
		}
		response := http.Response{Header: recorder.Header()}
		return response.Cookies()[0].Value
	}
	out["CookieStore"] = save(sessions.NewCookieStore(hash, block))
	folder, _ := os.MkdirTemp("", "samples")
	out["FilesystemStore cookie"] = save(sessions.NewFilesystemStore(folder, hash, block))
	files, _ := filepath.Glob(filepath.Join(folder, "session_*"))
	content, _ := os.ReadFile(files[0])
	out["FilesystemStore file name"] = filepath.Base(files[0])
	out["FilesystemStore file"] = string(content)

	at := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	bytes, err := scs.GobCodec{}.Encode(at, map[string]any{"userId": 7, "name": "Ann"})
	out["scs"] = must(base64.StdEncoding.EncodeToString(bytes), err)
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}
