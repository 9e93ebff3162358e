/* A shop with sentry-native: a crash. */
#include <sentry.h>
#include <stdio.h>
#include <stdlib.h>

static volatile int *stock;

static void reserve(int amount)
{
    *stock -= amount;
}

static void checkout(int amount)
{
    reserve(amount);
}

int main(int count, char **arguments)
{
    sentry_options_t *options = sentry_options_new();
    sentry_options_set_dsn(options, getenv("SENTRY_DSN"));
    sentry_options_set_database_path(options, ".sentry-native");
    sentry_options_set_release(options, "shop@2.3.1");
    sentry_options_set_environment(options, "production");
    sentry_init(options);
    sentry_set_tag("payment", "invoice");
    sentry_value_t user = sentry_value_new_object();
    sentry_value_set_by_key(user, "id", sentry_value_new_string("42"));
    sentry_value_set_by_key(user, "email", sentry_value_new_string("ada@example.com"));
    sentry_set_user(user);
    sentry_value_t crumb = sentry_value_new_breadcrumb("default", "2 products");
    sentry_value_set_by_key(crumb, "category", sentry_value_new_string("checkout"));
    sentry_value_set_by_key(crumb, "level", sentry_value_new_string("info"));
    sentry_add_breadcrumb(crumb);
    /* What the first run leaves behind, the second one sends. */
    if (count == 1) {
        checkout(1);
    }
    sentry_close();
    return 0;
}
