"""TLS with a private certificate authority."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import trustme

from luke_qa_client import ConnectionFailedError
from tests.support.clients import WAYS, Client
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import GrpcStub, HttpStub, Stub


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serve(way: str, certificate: trustme.LeafCert) -> Stub:
    if WAYS[way][0]:
        key, chain = certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes()
        return GrpcStub(grpc.ssl_server_credentials([(key, chain)]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return HttpStub(context)


@pytest.fixture
def server(way: str, authority: trustme.CA, request: pytest.FixtureRequest) -> Iterator[Stub]:
    """A stub with a certificate for its own name, or for the one given."""
    stub = serve(way, authority.issue_cert(getattr(request, "param", "127.0.0.1")))
    yield stub
    stub.close()


@pytest.fixture
def certificates(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def test_a_private_authoritys_server_is_asked_with_its_certificates(
    server: Stub, open_client: OpenClient, certificates: Path
) -> None:
    assert server.url.startswith(("https://", "grpcs://"))
    with open_client(verify=certificates, token="key") as client:
        assert client.ask("q", "苺").answer == "苺"
        assert client.health().ready
    assert server.received[0].authorization == "Bearer key"


def test_a_bundle_in_the_environment_does_not_overrule_the_argument(
    server: Stub, open_client: OpenClient, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(other))
    with open_client(verify=str(certificates)) as client:
        assert client.ask("q", "苺").answer == "苺"


def test_an_unknown_authoritys_server_is_not_trusted_and_not_asked_again(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        assert_is_not_trusted(client)
    assert server.received == []


@pytest.mark.parametrize("server", ["qa.example"], indirect=True)
def test_a_certificate_for_another_name_is_not_trusted(
    server: Stub, open_client: OpenClient, certificates: Path
) -> None:
    with open_client(verify=certificates) as client:
        assert_is_not_trusted(client)
    assert server.received == []


def assert_is_not_trusted(client: Client) -> None:
    with pytest.raises(ConnectionFailedError, match="certificate is not trusted") as caught:
        client.ask("q", "苺", request_id="mine")
    error = caught.value
    assert (error.type, error.request_id, error.tries) == ("CERTIFICATE_VERIFY_FAILED", "mine", 1)
