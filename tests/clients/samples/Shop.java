package com.example.shop;

import io.sentry.Breadcrumb;
import io.sentry.Sentry;
import io.sentry.SentryLevel;
import io.sentry.protocol.User;
import java.util.HashMap;
import java.util.Map;

/** A shop with sentry-java: an error that is the cause of another. */
public final class Shop {
  private final Map<String, Integer> stock = new HashMap<>(Map.of("apple", 3, "pear", 0));

  static final class OutOfStockException extends Exception {
    OutOfStockException(final String message) {
      super(message);
    }
  }

  private void reserve(final String product, final int amount) throws OutOfStockException {
    final int left = stock.get(product);
    if (left < amount) {
      throw new OutOfStockException("only " + left + " of " + product + " left");
    }
    stock.put(product, left - amount);
  }

  void checkout(final Map<String, Integer> products) {
    products.forEach(
        (product, amount) -> {
          try {
            reserve(product, amount);
          } catch (OutOfStockException error) {
            throw new IllegalStateException("checkout failed", error);
          }
        });
  }

  public static void main(final String[] arguments) {
    Sentry.init(
        options -> {
          options.setDsn(System.getenv("SENTRY_DSN"));
          options.setRelease("shop@2.3.1");
          options.setEnvironment("production");
          options.setServerName("web-1");
          options.addInAppInclude("com.example.shop");
          options.setEnableUncaughtExceptionHandler(true);
        });
    Sentry.setTag("payment", "invoice");
    final User user = new User();
    user.setId("42");
    user.setEmail("ada@example.com");
    Sentry.setUser(user);
    final Breadcrumb breadcrumb = new Breadcrumb();
    breadcrumb.setCategory("checkout");
    breadcrumb.setMessage("2 products");
    breadcrumb.setLevel(SentryLevel.INFO);
    Sentry.addBreadcrumb(breadcrumb);
    new Shop().checkout(Map.of("pear", 1));
  }
}
