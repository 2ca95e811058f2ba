"""The catalogue that serves: what was imported last, or the shipped sample."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from actions.catalogue.product import Product
from actions.catalogue.sheet import SheetError, read_sheet

SAMPLE = Path(__file__).with_name("sample.csv")
FILE = "loan_products.json"
_PRODUCTS = TypeAdapter(tuple[Product, ...])


class Catalogue:
    """Products by number; takes a newly imported catalogue over without a restart.

    Args:
        path: the imported catalogue (``<state>/loan_products.json``); while it is missing the sample serves.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._products: tuple[Product, ...] = ()
        self._loaded = False

    def products(self) -> tuple[Product, ...]:
        """All products in the sheet's order (reads the file when it changed).

        Raises:
            SheetError: the imported catalogue is damaged.
        """
        stamp = self._found()
        if not self._loaded or stamp != self._stamp:
            self._products = _load(self._path) if stamp else read_sheet(SAMPLE).products
            self._stamp, self._loaded = stamp, True
        return self._products

    def get(self, product_id: str) -> Product | None:
        """The product with this number."""
        return next((product for product in self.products() if product.id == product_id), None)

    def replace(self, products: Sequence[Product]) -> None:
        """Let ``products`` serve from now on: written beside the old file, then put in its place."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps([p.model_dump(mode="json") for p in products], ensure_ascii=False, indent=1)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".loan_products")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns


def _load(path: Path) -> tuple[Product, ...]:
    try:
        return _PRODUCTS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SheetError(f"{path}：产品目录坏了，请重新导入。", code="catalogue_damaged") from error
