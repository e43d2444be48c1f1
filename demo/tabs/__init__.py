"""The tabs of the page, in their order. A tab is one folder and two lines here: its import and its place."""

from __future__ import annotations

from demo.tabs.base import Tab
from demo.tabs.codes.tab import CodesTab
from demo.tabs.generate.tab import GenerateTab
from demo.tabs.leakage.tab import LeakageTab
from demo.tabs.maps.tab import MapsTab
from demo.tabs.swap.tab import SwapTab
from demo.tabs.upload.tab import UploadTab

TABS: tuple[type[Tab], ...] = (SwapTab, GenerateTab, LeakageTab, MapsTab, UploadTab, CodesTab)
