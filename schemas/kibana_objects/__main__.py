"""Write the files of schemas/kibana/ anew."""

from schemas.kibana_objects.files import OBJECTS_FILE, RULES_FILE, objects_text, rules_text


def main() -> None:
    """Write both files."""
    OBJECTS_FILE.parent.mkdir(exist_ok=True)
    OBJECTS_FILE.write_text(objects_text(), "utf-8")
    RULES_FILE.write_text(rules_text(), "utf-8")


if __name__ == "__main__":
    main()
