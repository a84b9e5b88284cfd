"""A classifier's row function on its way to workers, with its model on the way too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sparkcls.catalogue.consent import consented
from sparkcls.catalogue.located import located
from sparkcls.rows.scoring import Scoring
from sparkcls.settings import configured_cache, in_force
from sparkcls.spark.confs import take_over_confs
from sparkcls.spark.shipping import ship
from sparkcls.spark.task import local_slots


def delivered(scoring: Scoring, session: Any) -> Scoring:
    """A `Scoring` for workers of a session, to whom its model is on the way.

    Raises
    ------
    ModelNotFoundError, ModelFormatError
        The driver does not have the model, or not with the content that it should have.
    ParamError
        The conf ``spark.sparkcls.ship`` has another word; the driver's temporary folder has no room.
    """
    with in_force(take_over_confs(session)):
        folder = located(scoring.model)
        # Workers ask whatever place they are told.
        ref, _ = consented(scoring.model)
        if str(folder) not in ref.places:
            # Workers on this machine may have another cache.
            ref = replace(ref, places=(*ref.places, str(folder)))
        archive = ship(ref, folder, session)
        return replace(scoring, model=ref, slots=local_slots(session), cache=configured_cache(), archive=archive)
