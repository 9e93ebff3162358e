// A shop with sentry-go: an error in a request.
package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
	sentryhttp "github.com/getsentry/sentry-go/http"
)

var stock = map[string]int{"apple": 3, "pear": 0}

var errOutOfStock = errors.New("out of stock")

func reserve(product string, amount int) error {
	if left := stock[product]; left < amount {
		return fmt.Errorf("only %d of %s left: %w", left, product, errOutOfStock)
	}
	stock[product] -= amount
	return nil
}

func checkout(response http.ResponseWriter, request *http.Request) {
	hub := sentry.GetHubFromContext(request.Context())
	hub.Scope().SetTag("payment", "invoice")
	hub.Scope().SetUser(sentry.User{ID: "42", Email: "ada@example.com"})
	hub.AddBreadcrumb(&sentry.Breadcrumb{Category: "checkout", Message: "2 products", Level: sentry.LevelInfo}, nil)
	if err := reserve("pear", 1); err != nil {
		hub.CaptureException(err)
		http.Error(response, "out of stock", http.StatusConflict)
	}
}

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn:              os.Getenv("SENTRY_DSN"),
		Release:          "shop@2.3.1",
		Environment:      "production",
		ServerName:       "web-1",
		AttachStacktrace: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	handler := sentryhttp.New(sentryhttp.Options{}).HandleFunc(checkout)
	request := httptest.NewRequest("POST", "https://shop.example/checkout?coupon=SPRING", strings.NewReader(`{"pear":1}`))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "curl/8.5.0")
	request.RemoteAddr = "203.0.113.7:50112"
	handler.ServeHTTP(httptest.NewRecorder(), request)
	sentry.Flush(10 * time.Second)
}
