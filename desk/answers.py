"""What every part of the HTTP API reads and answers alike."""

from aiohttp import web

from desk.views import Json


async def document(request: web.Request) -> Json | None:
    """The JSON object that was sent; None when it is anything else."""
    try:
        sent = await request.json()
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def error(status: int, code: str, message: str) -> web.Response:
    """A refusal: a code for programs, and a sentence for people."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
