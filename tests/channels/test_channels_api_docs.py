"""The page /docs works where there is no Internet."""

import re

from fastapi.testclient import TestClient


def test_the_page_asks_no_other_host_for_anything(application: TestClient) -> None:
    page = application.get("/docs")
    assert page.status_code == 200
    wanted = re.findall(r'(?:src|href|data-openapi)="([^"]+)"', page.text)
    assert len(wanted) >= 4 and [one for one in wanted if not re.match(r"/(?!/)", one)] == []
    assert "//" not in page.text.replace("</", "")
    for path in wanted:
        assert application.get(path).status_code == 200, path


def test_the_policy_of_the_page_allows_its_own_host_only(application: TestClient) -> None:
    policy = application.get("/docs").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data:")
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert "img-src" not in application.get("/").headers["content-security-policy"]


def test_the_description_that_it_shows_is_ours(application: TestClient) -> None:
    paths = application.get("/openapi.json").json()["paths"]
    assert "/api/v1/campaigns/{campaign_id}/conversations" in paths
    assert not [path for path in paths if path.startswith(("/desk", "/docs", "/swagger-ui"))]
