"""What partners send, as it is checked and described."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Coordinate = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Applicant(_Body):
    """Who applies."""

    name: str = Field(min_length=1, max_length=100)
    phone: str = Field(pattern=r"^[0-9]{5,15}$")
    village: str = Field(min_length=1, max_length=100)


class Consent(_Body):
    """The applicant's yes, as the partner has it on record."""

    data_to_bank: Literal[True]
    given_at: AwareDatetime


class Plot(_Body):
    """A plot's outline: a GeoJSON polygon (WGS 84, longitude first)."""

    type: Literal["Polygon"]
    coordinates: list[Annotated[list[Coordinate], Field(min_length=4, max_length=500)]] = Field(
        min_length=1, max_length=8
    )


class ApplicationBody(_Body):
    """``POST /api/v1/applications``."""

    reference: str = Field(min_length=1, max_length=64, description="the partner's own number")
    applicant: Applicant
    amount_fen: int = Field(gt=0, le=10_000_000_000, strict=True)
    purpose: str = Field(min_length=1, max_length=200)
    crop_or_livestock: str | None = Field(default=None, max_length=64)
    area_mu: str | None = Field(default=None, pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})?$")
    term_months: int = Field(ge=1, le=360, strict=True)
    region: str = Field(pattern=r"^(national|[1-9][0-9]{5})$")
    consent: Consent
    plot: Plot | None = None
