"""Write the JSON Schema of the site file, for editors: ``python -m config.schema``."""

import json
from pathlib import Path

from config.document import schema
from config.site import Site

TARGET = Path(__file__).parents[1] / "docs/reference/site.schema.json"


def site_schema() -> str:
    """The schema as the text of its file."""
    return json.dumps(schema(Site), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Bring the file up to date."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(site_schema(), encoding="utf-8")


if __name__ == "__main__":
    main()
