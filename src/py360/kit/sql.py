"""Long statements are in files of their module: `sql/<verb>.sql`, with a comment on top.

MERGE: Final = sql.read(__file__, "merge")  # modules/customers/sql/merge.sql, for modules/customers/bulk.py
"""

from pathlib import Path


def read(beside: str, name: str) -> str:
    """The statement `sql/<name>.sql` in the folder of the file `beside`, or in the nearest folder above that has it.

    Raises FileNotFoundError when the package has none. A `%` that is no parameter is written `%%`, in comments too.
    """
    for folder in Path(beside).parents:
        if (file := folder / "sql" / f"{name}.sql").is_file():
            return file.read_text()
        if not (folder / "__init__.py").exists():
            break
    raise FileNotFoundError(f"there is no sql/{name}.sql beside {beside}")
