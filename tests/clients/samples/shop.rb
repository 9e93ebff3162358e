# A shop with sentry-ruby: an error with the request that it happened in.
require "rack"
require "sentry-ruby"

Sentry.init do |config|
  config.dsn = ENV["SENTRY_DSN"]
  config.release = "shop@2.3.1"
  config.environment = "production"
  config.server_name = "web-1"
  config.send_default_pii = true
  config.breadcrumbs_logger = [:sentry_logger]
  config.background_worker_threads = 0
end

STOCK = { "apple" => 3, "pear" => 0 }

class OutOfStock < StandardError
end

def reserve(product, amount)
  left = STOCK.fetch(product)
  raise OutOfStock, "only #{left} of #{product} left" if left < amount

  STOCK[product] = left - amount
end

class Shop
  def call(env)
    Sentry.set_tags(payment: "invoice")
    Sentry.set_user(id: "42", email: "ada@example.com")
    Sentry.add_breadcrumb(Sentry::Breadcrumb.new(category: "checkout", message: "2 products", level: "info"))
    begin
      reserve("pear", 1)
    rescue OutOfStock
      raise "checkout failed"
    end
    [200, {}, ["ordered"]]
  end
end

request = Rack::MockRequest.env_for(
  "https://shop.example/checkout?coupon=SPRING",
  :method => "POST", :input => "pear=1", "HTTP_USER_AGENT" => "curl/8.5.0", "REMOTE_ADDR" => "203.0.113.7",
  "CONTENT_TYPE" => "application/x-www-form-urlencoded"
)
begin
  Sentry::Rack::CaptureExceptions.new(Shop.new).call(request)
rescue RuntimeError
  nil
end
