import base64
import hmac

from hypothesis import given
from hypothesis import strategies as st

from app.mail import macs


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_mac_is_the_one_of_the_standard_library(key, text):
    mac = macs.Mac(key)

    assert mac.of(text) == mac.of(text) == hmac.digest(key, text, "sha256")


@given(st.binary(max_size=50))
def test_base64_is_that_for_urls_without_padding(raw):
    assert macs.base64(raw) == base64.urlsafe_b64encode(raw).rstrip(b"=")
