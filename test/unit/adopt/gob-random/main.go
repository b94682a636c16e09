// Makes random values of random Go types, and says of each stream what is in it, for gob-random.test.ts. Reads
// {"seed": 1, "count": 100} and writes a list of {"bytes", "shown"}.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"reflect"
	"sort"
	"strings"
	"time"
)

type Role string
type Level int8
type Money struct{ Cents int }

func (m Money) MarshalBinary() ([]byte, error)  { return []byte(fmt.Sprint(m.Cents)), nil }
func (m *Money) UnmarshalBinary(b []byte) error { _, err := fmt.Sscan(string(b), &m.Cents); return err }

type Secret struct{ text string }

func (s Secret) GobEncode() ([]byte, error) { return []byte(s.text), nil }
func (s *Secret) GobDecode(b []byte) error  { s.text = string(b); return nil }

type User struct {
	Name  string
	Age   int
	Tags  []string
	Admin bool
	inner int
}
type Embedded struct {
	User
	Extra string
}
type List struct {
	Value int
	Next  *List
}
type Tree struct {
	Name string
	Kids []Tree
	By   map[string]*Tree
}
type Outer struct {
	X any
	B uint16
	T time.Time
	M Money
	P **Level
}

type sample struct {
	Bytes string   `json:"bytes"`
	Shown []string `json:"shown"`
}

var r *rand.Rand
var timeType = reflect.TypeOf(time.Time{})
var moneyType = reflect.TypeOf(Money{})
var secretType = reflect.TypeOf(Secret{})
var anyType = reflect.TypeOf((*any)(nil)).Elem()

// What may be in an interface: each is registered.
var inInterface = []any{
	true, "", int(0), int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), float32(0), float64(0),
	complex64(0), complex128(0), []byte{}, []string{}, []int{}, map[string]any{}, []any{}, map[any]any{}, map[string]int{}, [2]string{},
	Role(""), Level(0), User{}, Embedded{}, Tree{}, Outer{}, Money{}, Secret{}, time.Time{}, []User{}, &List{},
}
var named = []reflect.Type{reflect.TypeOf(User{}), reflect.TypeOf(Embedded{}), reflect.TypeOf(List{}), reflect.TypeOf(Tree{}), reflect.TypeOf(Outer{}), timeType, moneyType, secretType, reflect.TypeOf(Role("")), reflect.TypeOf(Level(0))}
var basic = []reflect.Type{}

func main() {
	for _, v := range inInterface {
		gob.Register(v)
	}
	// A process names a type that writes itself by where it meets it first: as an element of an array or a map it stays without a
	// name, and is read as its bytes.
	if err := gob.NewEncoder(io.Discard).Encode(struct {
		T time.Time
		M Money
		S Secret
	}{}); err != nil {
		panic(err)
	}
	for _, v := range inInterface[:16] {
		basic = append(basic, reflect.TypeOf(v))
	}
	var ask struct{ Seed, Count int64 }
	if err := json.NewDecoder(os.Stdin).Decode(&ask); err != nil {
		panic(err)
	}
	r = rand.New(rand.NewSource(ask.Seed))
	out := []sample{}
	for int64(len(out)) < ask.Count {
		var b bytes.Buffer
		enc := gob.NewEncoder(&b)
		shown := []string{}
		for n := 1 + r.Intn(3); n > 0; n-- {
			v := value(typeOf(0), 0)
			if err := enc.EncodeValue(v); err != nil {
				panic(fmt.Sprint(v.Type(), ": ", err))
			}
			shown = append(shown, show(v, true))
		}
		out = append(out, sample{base64.StdEncoding.EncodeToString(b.Bytes()), shown})
	}
	json.NewEncoder(os.Stdout).Encode(out)
}

func typeOf(depth int) reflect.Type {
	kind := r.Intn(12)
	if depth > 3 {
		kind = r.Intn(4)
	}
	switch kind {
	case 0, 1, 2:
		return basic[r.Intn(len(basic))]
	case 3, 4:
		return named[r.Intn(len(named))]
	case 5:
		return reflect.SliceOf(typeOf(depth + 1))
	case 6:
		return reflect.ArrayOf(r.Intn(4), typeOf(depth+1))
	case 7, 8:
		keys := []reflect.Type{reflect.TypeOf(""), reflect.TypeOf(0), reflect.TypeOf(uint8(0)), reflect.TypeOf(true), reflect.TypeOf(Role("")), reflect.TypeOf(1.5), reflect.TypeOf([2]int{})}
		return reflect.MapOf(keys[r.Intn(len(keys))], typeOf(depth+1))
	case 9, 10:
		fields := []reflect.StructField{}
		for n := 1 + r.Intn(5); n > 0; n-- {
			field := typeOf(depth + 1)
			if r.Intn(4) == 0 && !writesItself(field) {
				field = reflect.PointerTo(field)
			}
			if r.Intn(6) == 0 {
				field = anyType
			}
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", n), Type: field})
		}
		return reflect.StructOf(fields)
	}
	return reflect.TypeOf(map[string]any{})
}

func writesItself(t reflect.Type) bool { return t == timeType || t == moneyType || t == secretType }

func value(t reflect.Type, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	zero := r.Intn(4) == 0
	switch {
	case t == timeType:
		if !zero {
			zone := time.FixedZone("", (r.Intn(24)-12)*3600+r.Intn(2)*r.Intn(60))
			v.Set(reflect.ValueOf(time.Unix(r.Int63n(8e9)-4e9, r.Int63n(1e9)).In(zone)))
		}
		return v
	case t == moneyType:
		if !zero {
			v.Set(reflect.ValueOf(Money{r.Intn(1000)}))
		}
		return v
	case t == secretType:
		if !zero {
			v.Set(reflect.ValueOf(Secret{text()}))
		}
		return v
	case t == anyType:
		if zero || depth > 4 {
			return v
		}
		held := reflect.TypeOf(inInterface[r.Intn(len(inInterface))])
		v.Set(whole(held, depth+1))
		return v
	}
	if zero && t.Kind() != reflect.Pointer {
		return v
	}
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.Intn(64) << (64 - t.Bits()) >> (64 - t.Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> r.Intn(64) << (64 - t.Bits()) >> (64 - t.Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float())
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(float(), float()))
	case reflect.String:
		v.SetString(text())
	case reflect.Pointer:
		// Deep enough, or nobody there.
		if depth > 5 || (zero && depth > 0) {
			return v
		}
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(value(t.Elem(), depth+1))
	case reflect.Slice:
		n := r.Intn(4)
		if depth > 5 {
			n = 0
		}
		v.Set(reflect.MakeSlice(t, n, n))
		for i := 0; i < n; i++ {
			v.Index(i).Set(whole(t.Elem(), depth+1))
		}
	case reflect.Array:
		for i := 0; i < t.Len(); i++ {
			v.Index(i).Set(whole(t.Elem(), depth+1))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		for n := r.Intn(4); n > 0 && depth < 6; n-- {
			key := value(t.Key(), depth+1)
			if t.Key() == anyType {
				key = reflect.ValueOf(text())
			}
			v.SetMapIndex(key, whole(t.Elem(), depth+1))
		}
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			if t.Field(i).IsExported() {
				v.Field(i).Set(value(t.Field(i).Type, depth+1))
			}
		}
	}
	return v
}

// An element, of which gob takes no nil pointer.
func whole(t reflect.Type, depth int) reflect.Value {
	if t.Kind() != reflect.Pointer {
		return value(t, depth)
	}
	v := reflect.New(t.Elem())
	if depth < 6 {
		v.Elem().Set(value(t.Elem(), depth+1))
	}
	return v
}

func float() float64 {
	switch r.Intn(5) {
	case 0:
		return float64(r.Intn(100))
	case 1:
		return math.Inf(1 - 2*r.Intn(2))
	case 2:
		return math.MaxFloat32 * r.Float64()
	}
	return r.NormFloat64()
}

func text() string {
	letters := []rune("aZ0 \x00\"ö日🎉\u2028")
	out := []rune{}
	for n := r.Intn(12); n > 0; n-- {
		out = append(out, letters[r.Intn(len(letters))])
	}
	return string(out)
}

func number(f float64) string {
	if f == 0 {
		f = 0
	}
	return fmt.Sprintf("n%016x", math.Float64bits(f))
}

// What a value is read as, in a form in which equal values are equal texts. sent says whether it stands in the stream: what a
// struct leaves out is read as what it has for nothing.
func show(v reflect.Value, sent bool) string {
	t := v.Type()
	switch {
	case t == timeType:
		return fmt.Sprintf("d%d", v.Interface().(time.Time).UnixMilli())
	case t == moneyType:
		if !sent && v.IsZero() {
			return "null"
		}
		return fmt.Sprintf("money%d", v.Interface().(Money).Cents)
	case t == secretType:
		if !sent && v.IsZero() {
			return "null"
		}
		return "secret" + hex.EncodeToString([]byte(v.Interface().(Secret).text))
	}
	switch t.Kind() {
	case reflect.Bool:
		return fmt.Sprint(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if i := v.Int(); i > 1<<53-1 || i < -(1<<53-1) {
			return fmt.Sprint("b", i)
		}
		return number(float64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > 1<<53-1 {
			return fmt.Sprint("b", v.Uint())
		}
		return number(float64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return number(v.Float())
	case reflect.Complex64, reflect.Complex128:
		return "{im:" + number(imag(v.Complex())) + ",re:" + number(real(v.Complex())) + "}"
	case reflect.String:
		return "s" + hex.EncodeToString([]byte(v.String()))
	case reflect.Interface:
		if v.IsNil() {
			return "null"
		}
		return show(v.Elem(), true)
	case reflect.Pointer:
		if v.IsNil() {
			return nothing(t.Elem())
		}
		return show(v.Elem(), sent)
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return "x" + hex.EncodeToString(v.Bytes())
		}
		items := []string{}
		for i := 0; i < v.Len(); i++ {
			items = append(items, show(v.Index(i), true))
		}
		return "[" + strings.Join(items, ",") + "]"
	case reflect.Map:
		items := []string{}
		for _, key := range v.MapKeys() {
			items = append(items, show(key, true)+"="+show(v.MapIndex(key), true))
		}
		sort.Strings(items)
		return "(" + strings.Join(items, ",") + ")"
	}
	items := []string{}
	for i := 0; i < t.NumField(); i++ {
		if t.Field(i).IsExported() {
			items = append(items, t.Field(i).Name+":"+show(v.Field(i), false))
		}
	}
	sort.Strings(items)
	return "{" + strings.Join(items, ",") + "}"
}

// What is read where a value of a type was not sent: a struct that was not is a nil pointer.
func nothing(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Pointer:
		return nothing(t.Elem())
	case t.Kind() == reflect.Struct && t != timeType:
		return "null"
	case t.Kind() == reflect.Array:
		items := []string{}
		for i := 0; i < t.Len(); i++ {
			items = append(items, nothing(t.Elem()))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return show(reflect.Zero(t), false)
}
