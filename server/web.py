"""Run the web server alone: `python -m server.web`, settings from the environment."""

import logging
import sys

import uvicorn
from pydantic import ValidationError

from content.files import ContentError
from ledger.vault import VaultError
from server.application import create_app
from server.settings import Settings, wrong_settings
from voice.websocket_call import MOST_MESSAGE


def main() -> int:
    """Serve until interrupted; 2 when settings or content are wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        settings = Settings()  # fields come from the environment
        app = create_app(settings)
    except ValidationError as error:
        print("\n".join(wrong_settings(error)), file=sys.stderr)
        return 2
    except (ContentError, VaultError) as error:
        print(error, file=sys.stderr)
        return 2
    uvicorn.run(
        app, host=settings.host, port=settings.port, access_log=False, log_level="warning",
        forwarded_allow_ips=settings.trusted_proxies, ws_max_size=MOST_MESSAGE, ws_per_message_deflate=False,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
