<?php

// A shop with sentry-php: an error that is the cause of another.

declare(strict_types=1);

require __DIR__ . '/vendor/autoload.php';

\Sentry\init([
    'dsn' => getenv('SENTRY_DSN'),
    'release' => 'shop@2.3.1',
    'environment' => 'production',
    'server_name' => 'web-1',
    'send_default_pii' => true,
]);

final class OutOfStock extends RuntimeException
{
}

final class Shop
{
    private array $stock = ['apple' => 3, 'pear' => 0];

    public function checkout(array $products): void
    {
        foreach ($products as $product => $amount) {
            try {
                $this->reserve($product, $amount);
            } catch (OutOfStock $error) {
                throw new LogicException('checkout failed', 409, $error);
            }
        }
    }

    private function reserve(string $product, int $amount): void
    {
        $left = $this->stock[$product];
        if ($left < $amount) {
            throw new OutOfStock("only $left of $product left");
        }
        $this->stock[$product] = $left - $amount;
    }
}

\Sentry\configureScope(function (\Sentry\State\Scope $scope): void {
    $scope->setTag('payment', 'invoice');
    $scope->setUser(['id' => '42', 'email' => 'ada@example.com', 'ip_address' => '203.0.113.7']);
});
\Sentry\addBreadcrumb('checkout', '2 products', ['products' => 2]);
try {
    (new Shop())->checkout(['apple' => 1, 'pear' => 1]);
} catch (LogicException $error) {
    \Sentry\captureException($error);
}
