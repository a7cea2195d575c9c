package expand

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// evaluate computes a constant expression of literals: arithmetic, comparison
// and logic on integers, floats and booleans, with min, max and the casts. The
// result is a bool, an int64 or a float64; casts between integers change nothing.
func evaluate(expr string) (any, error) {
	v, err := constantOf(expr)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q: %w", strings.TrimSpace(expr), err)
	case v.kind == boolean:
		return v.n != 0, nil
	case v.kind == integer:
		return v.n, nil
	}
	return v.f, nil
}

// evaluateInt is evaluate for what must be an integer, such as an index.
func evaluateInt(expr string) (int64, error) {
	v, err := constantOf(expr)
	if err == nil && v.kind != integer {
		err = errors.New("no integer")
	}
	if err != nil {
		return 0, fmt.Errorf("%q: %w", strings.TrimSpace(expr), err)
	}
	return v.n, nil
}

func constantOf(expr string) (constant, error) {
	e := evaluator{rest: expr}
	e.next()
	v := e.binary(1)
	if e.token != "" {
		e.fail(errSyntax)
	}
	return v, e.err
}

// constant is a value: n of integers and booleans (1 is true), f of floats.
type constant struct {
	kind kind
	n    int64
	f    float64
}

type kind int

const (
	boolean kind = iota
	integer
	float
)

func truth(b bool) constant {
	if b {
		return constant{kind: boolean, n: 1}
	}
	return constant{kind: boolean}
}

func (v constant) float() float64 {
	if v.kind == float {
		return v.f
	}
	return float64(v.n)
}

var (
	errSyntax = errors.New("no constant expression")
	errMixed  = errors.New("mixed types")
	errZero   = errors.New("division by zero")
)

// evaluator reads an expression by precedence climbing and computes as it reads.
type evaluator struct {
	rest  string
	token string // the next, "" at the end
	err   error  // the first
}

func (e *evaluator) fail(err error) constant {
	if e.err == nil {
		e.err = err
	}
	e.rest, e.token = "", ""
	return constant{}
}

// next moves on to the next token: a word or number, or an operator.
func (e *evaluator) next() {
	s := strings.TrimLeft(e.rest, " \t\n")
	n := min(1, len(s))
	switch {
	case s == "":
	case wordByte(s[0]):
		number := s[0] <= '9'
		for n < len(s) && (wordByte(s[n]) || number && (s[n] == '.' || s[n] == '-' && s[n-1] == 'e')) {
			n++
		}
	case len(s) > 1 && (strings.Contains("<>=!", s[:1]) && s[1] == '=' || strings.Contains("&|", s[:1]) &&
		s[1] == s[0]):
		n = 2
	}
	e.token, e.rest = s[:n], s[n:]
}

// take moves on if the next token is this one.
func (e *evaluator) take(token string) bool {
	if e.token != token {
		return false
	}
	e.next()
	return true
}

func precedence(operator string) int {
	switch operator {
	case "||":
		return 1
	case "&&":
		return 2
	case "==", "!=":
		return 3
	case "<", "<=", ">", ">=":
		return 4
	case "+", "-":
		return 5
	case "*", "/", "%":
		return 6
	}
	return 0
}

// binary reads operands joined by operators of at least this precedence.
func (e *evaluator) binary(least int) constant {
	left := e.unary()
	for p := precedence(e.token); p >= least; p = precedence(e.token) {
		operator := e.token
		e.next()
		left = e.apply(operator, left, e.binary(p+1))
	}
	return left
}

func (e *evaluator) unary() constant {
	switch {
	case e.take("-"):
		v := e.unary()
		if v.kind == boolean {
			return e.fail(errMixed)
		}
		return constant{v.kind, -v.n, -v.f}
	case e.take("!"):
		v := e.unary()
		if v.kind != boolean {
			return e.fail(errMixed)
		}
		return truth(v.n == 0)
	case e.take("("):
		v := e.binary(1)
		if !e.take(")") {
			return e.fail(errSyntax)
		}
		return v
	case e.token == "" || !wordByte(e.token[0]):
		return e.fail(errSyntax)
	}
	word := e.token
	e.next()
	switch {
	case word[0] <= '9':
		return e.number(word)
	case word == "true", word == "false":
		return truth(word == "true")
	case e.take("("):
		return e.call(word)
	}
	return e.fail(fmt.Errorf("%s is not constant", word))
}

func (e *evaluator) number(s string) constant {
	if n, err := strconv.ParseInt(strings.TrimRight(s, "ui"), 10, 64); err == nil {
		return constant{kind: integer, n: n}
	}
	f, err := strconv.ParseFloat(strings.TrimSuffix(s, "f"), 64)
	if err != nil {
		return e.fail(errSyntax)
	}
	return constant{kind: float, f: f}
}

// call reads the arguments of a function and applies it.
func (e *evaluator) call(name string) constant {
	args := [2]constant{e.binary(1)}
	count := 1
	if e.take(",") {
		args[1] = e.binary(1)
		count = 2
	}
	a, b := args[0], args[1]
	switch {
	case !e.take(")"):
		return e.fail(errSyntax)
	case count == 1 && a.kind == integer && (name == "u32" || name == "i32"):
		return a
	case count == 1 && a.kind != boolean && name == "f32":
		return constant{kind: float, f: a.float()}
	case count == 2 && (name == "min" || name == "max"):
		if less := e.apply("<", a, b); (less.n == 1) == (name == "min") {
			return a
		}
		return b
	}
	return e.fail(fmt.Errorf("%s is not constant", name))
}

// apply computes a binary operator. An integer beside a float becomes one.
func (e *evaluator) apply(operator string, a, b constant) constant {
	switch {
	case e.err != nil:
		return constant{}
	case a.kind == boolean && b.kind == boolean:
		switch operator {
		case "&&":
			return truth(a.n&b.n == 1)
		case "||":
			return truth(a.n|b.n == 1)
		case "==":
			return truth(a.n == b.n)
		case "!=":
			return truth(a.n != b.n)
		}
		return e.fail(errMixed)
	case a.kind == boolean || b.kind == boolean || operator == "&&" || operator == "||":
		return e.fail(errMixed)
	case (operator == "/" || operator == "%") && b.float() == 0:
		return e.fail(errZero)
	case a.kind == integer && b.kind == integer:
		return onIntegers(operator, a.n, b.n)
	}
	return onFloats(operator, a.float(), b.float())
}

func onIntegers(operator string, a, b int64) constant {
	switch operator {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	case "%":
		a %= b
	default:
		return truth(compare(operator, a, b))
	}
	return constant{kind: integer, n: a}
}

func onFloats(operator string, a, b float64) constant {
	switch operator {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	case "%":
		a = math.Mod(a, b)
	default:
		return truth(compare(operator, a, b))
	}
	return constant{kind: float, f: a}
}

func compare[T int64 | float64](operator string, a, b T) bool {
	switch operator {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}
