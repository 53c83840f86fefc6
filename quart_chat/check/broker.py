"""Looks at what carries events: whether one comes back, and whether all nodes have the same log."""

from __future__ import annotations

import asyncio
import secrets
from time import monotonic

from quart_chat.check.findings import Finding
from quart_chat.cluster.control import CONTEXT
from quart_chat.config import Settings
from quart_chat.events import BrokerUnavailable
from quart_chat.events.brokers.address import BUS, without_password
from quart_chat.events.brokers.log import LogBroker
from quart_chat.events.brokers.opening import MissingDriver, open_log
from quart_chat.events.event import Event, make_event
from quart_chat.storage.inspection import Inspection

EVENT = "check"
"""The type of the event that is sent: no node does anything about it."""

_TIMEOUT = 5.0
_SLOW = 1.0
"""Seconds after which an event should have come back."""


def check_broker(settings: Settings) -> tuple[Finding, str]:
    """Send an event and wait until it is back; also the epoch of the log, where that is known."""
    if not settings.shares:
        return Finding("broker", "None: a single process serves, and events stay inside it."), ""
    address = settings.broker or BUS
    name = without_password(address)
    if address == BUS and not settings.bus_path.exists():
        return Finding("broker", "bus: does not exist yet; the server creates it."), ""
    try:
        log = open_log(address, settings.bus_path)
        seconds, epoch = asyncio.run(_send_and_receive(LogBroker(log)))
    except (MissingDriver, ValueError) as error:
        return Finding("broker", f"{name}: {error}.", "Correct QUART_CHAT_BROKER."), ""
    except BrokerUnavailable as error:
        return Finding("broker", f"{str(error).rstrip('.')}.", _cure(address)), ""
    except TimeoutError:
        return Finding("broker", f"{name}: an event did not come back.", _cure(address)), ""
    text = f"{name}: an event came back after {1000 * seconds:.0f} ms."
    if seconds > _SLOW:
        return Finding("broker", text, "Reduce the load on the broker or this machine."), epoch
    return Finding("broker", text), epoch


def _cure(address: str) -> str:
    if address == BUS:
        return (
            "Give the server's user write access to the folder bus, or delete it if no server runs."
        )
    return "Start the broker, or correct QUART_CHAT_BROKER."


async def _send_and_receive(broker: LogBroker) -> tuple[float, str]:
    """Seconds until an event was back, and the epoch of the log."""
    name = secrets.token_hex(8)
    back = asyncio.Event()

    def deliver(event: Event) -> None:
        if event.context_id == CONTEXT and event.data.get("name") == name:
            back.set()

    broker.bind(deliver, lambda: None)
    await broker.open()
    try:
        begun = monotonic()
        broker.publish(make_event(CONTEXT, EVENT, {"name": name}))
        async with asyncio.timeout(_TIMEOUT):
            await back.wait()
        return monotonic() - begun, broker.epoch
    finally:
        await broker.close()


def check_nodes(settings: Settings, found: Inspection, epoch: str) -> Finding:
    """See whether all nodes that live are attached to the log that was tried."""
    living = [node for node in found.nodes if node.lives]
    if not found.nodes:
        return Finding("epochs", "No server uses this store now.")
    text = f"{len(living)} {'server shares' if len(living) == 1 else 'servers share'} this store."
    dead = len(found.nodes) - len(living)
    if dead:
        text += f" {dead} did not say that it ended; its work is taken over."
    if not settings.shares or not epoch:
        return Finding("epochs", text)
    others = [node for node in living if node.broker and node.broker.epoch != epoch]
    if others:
        names = ", ".join(sorted({node.broker.address for node in others if node.broker}))
        text += f" Not on the log of this broker, but of {names}: {len(others)}."
        cure = "Give all servers the same QUART_CHAT_BROKER, and restart those that have another."
        return Finding("epochs", text, cure)
    return Finding("epochs", f"{text} All are on the same log." if living else text)
