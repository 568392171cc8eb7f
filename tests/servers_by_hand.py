"""Real servers on this machine, as fixtures: for mail, with and without security, and for webhooks."""

import json
import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

SECRET = "correct horse"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mailbox:
    """What a mail server does with mail: keeps it, but for who is unknown here."""

    def __init__(self):
        self.mails, self.logins, self.is_secure = [], [], []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("unknown"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy"):
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        self.is_secure.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1][1] == SECRET, handled=False)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def servers():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(servers, authority):
    """Start a mail server on this machine, with a certificate of an authority of our own."""

    def serve(security="none", has_login=False):
        mailbox, certificate = Mailbox(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(certificate)
        options = {"starttls": {"tls_context": certificate}, "tls": {"ssl_context": certificate}, "none": {}}[security]
        if has_login:
            options |= {"authenticator": mailbox.login, "auth_required": True, "auth_require_tls": security != "tls"}
        server = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
        server.start()
        servers.callback(server.stop)
        return mailbox, {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": security}

    return serve


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """Trust the authority, as a machine trusts those it is set up with."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.fixture
def webhook(servers):
    """A webhook on this machine: its address, what was posted to it, and the status that it answers with."""

    class Hook(BaseHTTPRequestHandler):
        posts, status, headers_of_answer = [], 200, {}

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.posts.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(self.status)
            for name, value in self.headers_of_answer.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = servers.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Hook))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    servers.callback(thread.join)
    servers.callback(server.shutdown)
    Hook.address = f"http://127.0.0.1:{server.server_port}/T000/secret-path"
    return Hook


@pytest.fixture
def raw_server(servers):
    """Start a server on this machine that answers what it is sent with bytes, or with some, one after the other."""

    def start(answer):
        listening = servers.enter_context(socket.create_server(("127.0.0.1", 0)))

        def serve():
            with suppress(OSError):  # closed at the end of the test
                while True:
                    line, _ = listening.accept()
                    with line:
                        said = answer(line.recv(65536))
                        for part in [said] if isinstance(said, bytes) else said:
                            line.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        servers.callback(thread.join)
        servers.callback(listening.shutdown, socket.SHUT_RDWR)
        return listening.getsockname()[1]

    return start
