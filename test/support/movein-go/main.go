// An app on gorilla/sessions for movein.mjs: /login?user=7 logs in, /?add=pear puts something into the cart, / shows both.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/gorilla/sessions"
)

func main() {
	store := sessions.NewCookieStore([]byte(os.Args[1]), []byte(os.Args[2]))
	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, "app")
		user, _ := strconv.Atoi(r.URL.Query().Get("user"))
		session.Values["userId"] = user
		session.Values["cart"] = []string{}
		answer(w, r, session, true)
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, "app")
		added := r.URL.Query().Get("add")
		if cart, ok := session.Values["cart"].([]string); ok && added != "" {
			session.Values["cart"] = append(cart, added)
		}
		answer(w, r, session, added != "")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, nil))
}

func answer(w http.ResponseWriter, r *http.Request, session *sessions.Session, save bool) {
	if save {
		if err := session.Save(r, w); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
	}
	cart, _ := session.Values["cart"].([]string)
	if cart == nil {
		cart = []string{}
	}
	json.NewEncoder(w).Encode(map[string]any{"userId": session.Values["userId"], "cart": cart})
}
