"""The Django app: what is set up once, when all apps are loaded."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.core.signals import request_finished
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import Model

    from meanwhile.actions.webhook_sending import Sender
    from meanwhile.clock import Clock
    from meanwhile.queue.autostart import Autostart
    from meanwhile.queue.failure_mail import FailureMails
    from meanwhile.queue.handlers import Handler
    from meanwhile.queue.schedule import Source
    from meanwhile.queue.worker.supervisor import Worker
    from meanwhile.remote.registry import ControllerRegistry
    from meanwhile.studio.loading import Loaded
    from meanwhile.trees.capture import Installation, Interest
    from meanwhile.trees.failed_runs import FailedRuns
    from meanwhile.trees.registry import TreeRegistry


class MeanwhileConfig(AppConfig):
    """Holds the app's registries, so that there is no other state in modules."""

    name = "meanwhile"
    verbose_name = _("Meanwhile")
    default_auto_field = "django.db.models.BigAutoField"

    workers: set[Worker]
    handlers: dict[str, Handler]
    schedules: dict[str, Source]
    trees: TreeRegistry
    controllers: ControllerRegistry
    capture: Installation | None
    interests: dict[type[Model], Interest]
    autostart: Autostart
    failed_runs: FailedRuns
    failure_mails: FailureMails
    clock: Clock
    send_webhook: Sender
    studio: Loaded

    def ready(self) -> None:
        """Find trees and controllers, capture the changes of the trees' models, start a worker in a web process."""
        from meanwhile import checks  # noqa: F401 - registers the system checks
        from meanwhile.actions import webhook_wire
        from meanwhile.clock import SystemClock
        from meanwhile.queue import handlers, schedule
        from meanwhile.queue.autostart import Autostart
        from meanwhile.queue.failure_mail import FailureMails
        from meanwhile.received import checks as received_checks  # noqa: F401 - registers those of the event Received
        from meanwhile.received.handler import ReceivedHandler
        from meanwhile.remote import checks as remote_checks  # noqa: F401 - registers those of controllers
        from meanwhile.remote import registry as remote_registry
        from meanwhile.remote.durable_run import DurableHandler
        from meanwhile.studio import checks as studio_checks  # noqa: F401 - registers those of the Studio's settings
        from meanwhile.studio import loading
        from meanwhile.studio import page_checks as studio_page_checks  # noqa: F401 - registers that of its pages
        from meanwhile.trees import listening, registry
        from meanwhile.trees.background import TreeHandler
        from meanwhile.trees.failed_runs import FailedRuns
        from meanwhile.trees.scheduled import KIND, scheduled_trees
        from meanwhile.trees.scheduled_job import ScheduledHandler

        self.clock = SystemClock()
        self.send_webhook = webhook_wire.send
        self.workers, self.handlers, self.capture, self.interests = set(), {}, None, {}
        self.schedules = {}
        self.trees = registry.TreeRegistry()
        self.failed_runs = FailedRuns()
        request_finished.connect(self.failed_runs.write, dispatch_uid="meanwhile.failed_runs")
        atexit.register(self.failed_runs.write)
        self.failure_mails = FailureMails()
        atexit.register(self.failure_mails.send_rest)
        handlers.register("tree", TreeHandler())
        handlers.register("remote", DurableHandler())
        handlers.register(KIND, ScheduledHandler())
        schedule.register("trees", scheduled_trees)
        handlers.register("received", ReceivedHandler())
        registry.autodiscover()
        listening.listen(self)
        self.controllers = remote_registry.ControllerRegistry()
        remote_registry.autodiscover()
        loading.set_up(self)
        self.autostart = Autostart()
        self.autostart.arm()
