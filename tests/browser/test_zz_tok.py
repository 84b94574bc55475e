from tests.browser.test_echo import *
import os, pytest
pytestmark = pytest.mark.browser
@pytest.mark.parametrize("old", [True, False])
def test_tok(page, quick_site, old):
    if old:
        page.route("**/static/meanwhile/*.js", lambda r: r.fulfill(path="/tmp/probe/before/"+r.request.url.split("/")[-1].split("?")[0], content_type="text/javascript") if os.path.exists("/tmp/probe/before/"+r.request.url.split("/")[-1]) else r.continue_())
    open_echo(page, quick_site)
    page.context.clear_cookies(name="csrftoken")
    def resp(r):
        if r.request.method=="POST": print(r.status, r.request.headers.get("x-csrftoken"), r.headers.get("set-cookie"), r.text()[:200])
    page.on("response", resp)
    log = RequestLog(page)
    root = press(page, "promise", "foregroundFirst")
    page.wait_for_timeout(3000)
    print(root.inner_text())
    expect(root.locator("li[data-state=SUCCESS]")).to_have_count(6)
