"""Sentry events in an aiohttp application: python aiohttp_app.py, DSN http://key@127.0.0.1:8080/sentry/1."""

from aiohttp import web

from store_protocol import HttpRequest, RequestDecoder, StoreError, Submission, errors

KEYS = {"b70a31b3510c4cf793964a185cfe1fd0"}
received: list[Submission] = []


async def sentry(request: web.Request) -> web.Response:
    head = HttpRequest(request.method, request.path_qs, list(request.headers.items()), remote_addr=request.remote)
    try:
        decoder = RequestDecoder(head)
        if decoder.has_body:
            async for chunk in request.content.iter_any():
                decoder.feed(chunk)
        submission = decoder.finish()
        await take(submission)
        answer = submission.response()
    except StoreError as error:
        answer = error.response()
    return web.Response(body=answer.body, status=answer.status, headers=answer.headers)


async def take(submission: Submission) -> None:
    if submission.public_key is None:
        return  # a preflight of a browser
    if submission.public_key not in KEYS:
        raise errors.UnknownKey("no project has this key")
    received.append(submission)


app = web.Application(handler_args={"auto_decompress": False})
app.router.add_route("*", "/sentry/{path:.*}", sentry)

if __name__ == "__main__":
    web.run_app(app)
