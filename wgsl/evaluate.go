package wgsl

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

var suffixRE = regexp.MustCompile(`\b(\d+)[ui]\b`)

// evaluate computes a constant expression of literals: arithmetic, comparison
// and logic on integers, floats and booleans, with min, max and the casts.
// Where no suffix is involved WGSL's constant expressions read as Go's do, so
// Go's own parser and exact constants do the work. The result is a bool, an
// int64 or a float64.
func evaluate(expr string) (any, error) {
	e, err := parser.ParseExpr(suffixRE.ReplaceAllString(strings.TrimSpace(expr), "$1"))
	if err != nil {
		return nil, fmt.Errorf("%q is no constant expression", expr)
	}
	v, err := constantOf(e)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", expr, err)
	}
	switch v.Kind() {
	case constant.Bool:
		return constant.BoolVal(v), nil
	case constant.Int:
		n, _ := constant.Int64Val(v)
		return n, nil
	default:
		f, _ := constant.Float64Val(v)
		return f, nil
	}
}

// evaluateInt is evaluate for what must be an integer, such as an index.
func evaluateInt(expr string) (int64, error) {
	v, err := evaluate(expr)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%q is no integer", expr)
	}
	return n, nil
}

func constantOf(e ast.Expr) (v constant.Value, err error) {
	defer func() { // go/constant panics on mixed kinds, such as true + 1
		if recover() != nil {
			err = fmt.Errorf("mixed types")
		}
	}()
	switch e := e.(type) {
	case *ast.ParenExpr:
		return constantOf(e.X)
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0), nil
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return constant.MakeBool(e.Name == "true"), nil
		}
		return nil, fmt.Errorf("%s is not constant", e.Name)
	case *ast.UnaryExpr:
		x, err := constantOf(e.X)
		if err != nil {
			return nil, err
		}
		return constant.UnaryOp(e.Op, x, 0), nil
	case *ast.CallExpr:
		return callOf(e)
	case *ast.BinaryExpr:
		x, err := constantOf(e.X)
		if err != nil {
			return nil, err
		}
		y, err := constantOf(e.Y)
		if err != nil {
			return nil, err
		}
		switch e.Op {
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
			return constant.MakeBool(constant.Compare(x, e.Op, y)), nil
		case token.LAND, token.LOR:
			if x.Kind() != constant.Bool || y.Kind() != constant.Bool {
				return nil, fmt.Errorf("mixed types")
			}
		case token.QUO, token.REM:
			if constant.Sign(y) == 0 {
				return nil, fmt.Errorf("division by zero")
			}
			if e.Op == token.QUO && x.Kind() == constant.Int && y.Kind() == constant.Int {
				return constant.BinaryOp(x, token.QUO_ASSIGN, y), nil // integer division
			}
		}
		return constant.BinaryOp(x, e.Op, y), nil
	}
	return nil, fmt.Errorf("not constant")
}

func callOf(e *ast.CallExpr) (constant.Value, error) {
	name, ok := e.Fun.(*ast.Ident)
	if !ok {
		return nil, fmt.Errorf("not constant")
	}
	var args []constant.Value
	for _, a := range e.Args {
		v, err := constantOf(a)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	switch {
	case len(args) == 1 && (name.Name == "u32" || name.Name == "i32" || name.Name == "f32"):
		return args[0], nil
	case len(args) == 2 && name.Name == "min":
		if constant.Compare(args[0], token.LEQ, args[1]) {
			return args[0], nil
		}
		return args[1], nil
	case len(args) == 2 && name.Name == "max":
		if constant.Compare(args[0], token.GEQ, args[1]) {
			return args[0], nil
		}
		return args[1], nil
	}
	return nil, fmt.Errorf("%s is not constant", name.Name)
}
