"""Parts of previews and downloads."""

import io

import pytest
from django.test import RequestFactory

from webapp.http.ranges import file_response

CONTENT = bytes(range(100))


def answer(**headers):
    request = RequestFactory().get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return file_response(request, io.BytesIO(CONTENT), '"etag"', content_type="image/png")


def test_without_a_range_the_whole_is_answered():
    response = answer()
    assert response.status_code == 200
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == "100"
    assert b"".join(response) == CONTENT


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-0", 0, 0), ("10-19", 10, 19), ("90-", 90, 99), ("90-1000", 90, 99), ("-5", 95, 99), ("-1000", 0, 99)],
)
def test_the_part_that_is_asked_for_is_answered(asked, first, last):
    response = answer(Range=f"bytes={asked}")
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/100"
    assert response["Content-Length"] == str(last - first + 1)
    assert response["Content-Type"] == "image/png"
    assert b"".join(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=-", "bytes=9-3", "lines=1-2", "bytes=a-b", "bytes=1-2x"])
def test_what_is_no_single_part_is_answered_with_the_whole(asked):
    response = answer(Range=asked)
    assert response.status_code == 200
    assert b"".join(response) == CONTENT


@pytest.mark.parametrize("asked", ["100-", "100-200", "-0"])
def test_a_part_behind_the_end_is_refused(asked):
    response = answer(Range=f"bytes={asked}")
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */100"
    assert b"".join(response) == b""


def test_of_another_file_than_the_one_begun_with_the_whole_is_answered():
    assert answer(Range="bytes=5-", If_Range='"etag"').status_code == 206
    assert answer(Range="bytes=5-", If_Range='"older"').status_code == 200


def test_a_preview_goes_on_where_it_broke_off(player, photo):
    whole = player.get(f"/api/photos/{photo.pk}/preview/1/")
    content = b"".join(whole.streaming_content)
    assert whole["Content-Length"] == str(len(content))
    headers = {"Range": "bytes=1000-", "If-Range": whole["ETag"]}
    rest = player.get(f"/api/photos/{photo.pk}/preview/1/", headers=headers)
    assert rest.status_code == 206
    assert b"".join(rest.streaming_content) == content[1000:]
    assert rest["Content-Type"] == "application/octet-stream"
