// Writes the samples that gob.test.ts reads: go run . > ../gob-samples.json
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"time"
)

type Role string
type User struct {
	Name  string
	Age   int
	Tags  []string
	Admin bool
}
type Inner struct{ A int }
type Outer struct {
	X any
	B int
}
type List struct {
	Value int
	Next  *List
}
type Tree struct {
	Name string
	Kids []Tree
}
type All struct {
	Bool  bool
	I8    int8
	I64   int64
	U64   uint64
	F32   float32
	F64   float64
	C     complex128
	S     string
	Bytes []byte
	Arr   [3]int
	Strs  []string
	M     map[string]int
	In    Inner
	Ptr   *Inner
	Any   any
	T     time.Time
	Big   *big.Int
	PP    **int
	Ints  []int8
	MM    map[string]map[int]bool
}
type Embedded struct {
	User
	Extra string
}
type Money struct{ Cents int }

func (m Money) MarshalBinary() ([]byte, error)  { return []byte(fmt.Sprint(m.Cents)), nil }
func (m *Money) UnmarshalBinary(b []byte) error { _, err := fmt.Sscan(string(b), &m.Cents); return err }

type Flags [2]bool

type sample struct {
	Name  string `json:"name"`
	Bytes string `json:"bytes"`
}

var out []sample

func add(name string, values ...any) {
	var b bytes.Buffer
	enc := gob.NewEncoder(&b)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			panic(fmt.Sprint(name, ": ", err))
		}
	}
	out = append(out, sample{name, base64.StdEncoding.EncodeToString(b.Bytes())})
}

func main() {
	for _, v := range []any{User{}, &Inner{}, Outer{}, Role(""), time.Time{}, map[string]any{}, []any{}, Money{}, Tree{}, []User{}, Flags{}, big.Int{}, [2]string{}, map[any]any{}} {
		gob.Register(v)
	}
	noon := time.Date(2026, 11, 30, 12, 0, 0, 123456789, time.UTC)
	zoned := time.Date(1969, 7, 20, 20, 17, 40, 999999999, time.FixedZone("X", 3600+17))
	seven := 7
	p := &seven
	add("true", true)
	add("int 0", 0)
	add("int 63", 63)
	add("int -1", -1)
	add("int -129", -129)
	add("int max", int64(math.MaxInt64))
	add("int min", int64(math.MinInt64))
	add("int 2^53", int64(1<<53))
	add("int -2^53+1", int64(-(1<<53)+1))
	add("uint max", uint64(math.MaxUint64))
	add("uint 128", uint(128))
	add("float 17", 17.0)
	add("float -0.1", -0.1)
	add("float inf", math.Inf(-1))
	add("complex", complex(1.5, -2))
	add("string", "grüße 🎉\x00")
	add("empty string", "")
	add("bytes", []byte{0, 255, 128})
	add("strings", []string{"a", "", "c"})
	add("array", [3]float32{1, 0, 2.5})
	add("map of ints", map[int]string{1: "one", -2: "minus two"})
	add("nested maps", map[string]map[string][]int{"a": {"b": {1, 2}}})
	add("struct", User{"Ann", 42, []string{"x"}, true})
	add("struct of zeros", User{})
	add("all", All{true, -8, -1 << 40, 1 << 63, 1.5, math.Pi, complex(0, 1), "s", []byte("b"), [3]int{1, 0, 3}, []string{"q"}, map[string]int{"one": 1}, Inner{1}, &Inner{2}, "any", noon, big.NewInt(-12345678901234), &p, []int8{-1, 2}, map[string]map[int]bool{"a": {1: true}}})
	add("all zeros", All{})
	add("embedded", Embedded{User{Name: "Bob"}, "more"})
	add("recursive list", List{1, &List{2, &List{3, nil}}})
	add("tree", Tree{"root", []Tree{{"a", nil}, {"b", []Tree{{"c", nil}}}}})
	add("scs", map[string]any{"userId": 7, "cart": []string{"a"}, "admin": true, "at": noon, "none": nil, "f": 1.5, "n8": int8(-3), "bytes": []byte("x")})
	add("gorilla", map[any]any{"user": User{"Ann", 42, nil, false}, 7: "seven", "role": Role("admin"), "inner": &Inner{5}})
	add("interface in interface", map[string]any{"k": Outer{X: Inner{7}, B: 9}, "l": Outer{X: map[string]any{"deep": Outer{X: Role("r")}}}})
	add("list of anything", []any{1, "two", 3.0, nil, []any{true, map[string]any{"x": User{Name: "Y"}}}, Tree{"t", nil}, Money{3}, [2]string{"p", "q"}, Flags{true, false}})
	add("users", []User{{"A", 1, nil, false}, {}, {"C", 3, []string{"z"}, true}})
	add("interface of users", map[string]any{"users": []User{{Name: "A"}}})
	add("time", noon)
	add("zoned time", zoned)
	add("zero time", map[string]any{"t": time.Time{}})
	add("times", []time.Time{noon, zoned})
	add("money", Money{1999})
	add("map of structs", map[string]Inner{"a": {1}, "b": {}})
	add("several values", 1, "two", User{Name: "three"}, User{Name: "four"}, map[string]any{"a": Inner{1}})
	add("nothing")
	add("pointer to a time", struct{ At *time.Time }{&noon})
	add("money in a struct", struct{ Price Money }{Money{5}})
	add("proto", map[string]any{"__proto__": 1})
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}
