"""The Django app: what is set up once, when all apps are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from meanwhile.queue.autostart import Autostart
    from meanwhile.queue.handlers import Handler
    from meanwhile.queue.worker.supervisor import Worker
    from django.db.models import Model

    from meanwhile.trees.capture import Installation, Interest
    from meanwhile.trees.registry import TreeRegistry


class MeanwhileConfig(AppConfig):
    """Holds the app's registries, so that there is no other state in modules."""

    name = "meanwhile"
    verbose_name = _("Meanwhile")
    default_auto_field = "django.db.models.BigAutoField"

    workers: set[Worker]
    handlers: dict[str, Handler]
    trees: TreeRegistry
    capture: Installation | None
    interests: dict[type[Model], Interest]
    autostart: Autostart

    def ready(self) -> None:
        """Find the trees, capture the changes of their models, and start a worker if this is a web process."""
        from meanwhile import checks  # noqa: F401, PLC0415 - registers the system checks
        from meanwhile.queue import handlers  # noqa: PLC0415
        from meanwhile.queue.autostart import Autostart  # noqa: PLC0415
        from meanwhile.trees import listening, registry  # noqa: PLC0415
        from meanwhile.trees.background import TreeHandler  # noqa: PLC0415

        self.workers, self.handlers, self.capture, self.interests = set(), {}, None, {}
        self.trees = registry.TreeRegistry()
        handlers.register("tree", TreeHandler())
        registry.autodiscover()
        listening.listen(self)
        self.autostart = Autostart()
        self.autostart.arm()
