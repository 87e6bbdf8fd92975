"""The search of the site, opened from disk in a browser: what Japanese readers look for is found."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")

# What is looked for on the Japanese site -> the pages of which one must be among the first three that are found.
QUERIES = {
    "しきい値": {"howto"},
    "閾値": {"howto"},
    "GPU": {"server", "howto"},
    "nginx": {"index", "deployment"},
    "ファインチューニング": {"howto"},
    "証明書": {"troubleshooting"},
    "再試行": {"client"},
    "文字化け": {"languages"},
    "起動しない": {"troubleshooting"},
    "接続できない": {"troubleshooting"},
    "答えなし": {"troubleshooting"},
    "速くする": {"server"},
    "サイジング": {"operations"},
    "Excel": {"howto"},
    "Jupyter": {"howto"},
    "Haystack": {"howto"},
    "JavaScript": {"languages"},
    "TypeScript": {"languages"},
    "Java": {"languages"},
    "PowerShell": {"languages"},
    "CORS": {"languages"},
    "キー": {"client", "server"},
    "Kubernetes": {"deployment", "index"},
    "systemd": {"deployment", "index"},
    "OpenVINO": {"server", "index"},
    "int8": {"server", "index"},
    "gRPC": {"client", "wire"},
    "無停止": {"upgrade"},
    "アップグレード": {"upgrade"},
    "メモリ": {"operations", "deployment"},
    "文字コード": {"troubleshooting", "languages"},
    "オフセット": {"glossary"},
    "レプリカ": {"capacity"},
    "KServe": {"kserve"},
    "コンテナ": {"upgrade", "index", "troubleshooting"},
}


@pytest.fixture(scope="module")
def page(site: Path) -> Iterator[Page]:
    """The Japanese first page, opened from disk."""
    if not CHROMIUM.exists():
        reason = "Chromium is missing: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)  # ms: the machine may be busy
        page.goto((site / "ja" / "index.html").as_uri())
        yield page
        browser.close()


def found(page: Page, query: str) -> list[str]:
    """The names of the pages that a search lists, best first."""
    box = page.locator("[data-md-component=search-query]")
    results = page.locator("[data-md-component=search-result]")
    count = results.locator(".md-search-result__meta")
    box.fill("")
    box.press("End")  # the theme looks at keys, not at what is pasted
    count.get_by_text("検索キーワードを入力してください").wait_for(state="attached")
    box.fill(query)
    box.press("End")
    count.get_by_text("見つかり").wait_for(state="attached")
    links = results.locator("a").evaluate_all("links => links.map(link => link.href)")
    return list(dict.fromkeys(Path(urlsplit(link).path).stem for link in links))


def test_there_are_thirty_queries() -> None:
    assert len(QUERIES) >= 30


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_looked_for_is_found_from_disk(page: Page, query: str) -> None:
    names = found(page, query)
    assert QUERIES[query] & set(names[:3]), names
