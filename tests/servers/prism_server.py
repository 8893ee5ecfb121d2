"""A real Prism: Beam's portable runner. It keeps its jobs in memory alone, so a restarted one knows none."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from server_base import Server
from server_ports import LOOPBACK


class PrismServer(Server):
    """`endpoint` is what `--job_endpoint` takes."""

    name = "prism"
    usual_ports: ClassVar[tuple[int, ...]] = (8073, 8074)

    def __init__(self, folder: Path, program: Path, *, usual_ports: bool = False) -> None:
        super().__init__(folder, usual_ports=usual_ports)
        self._program = program

    @property
    def endpoint(self) -> str:
        return f"{LOOPBACK}:{self.ports[0]}"

    @property
    def page(self) -> str:
        """The web page that shows its jobs."""
        return f"http://{LOOPBACK}:{self.ports[1]}"

    def prepare(self) -> None:
        """Nothing: it has no settings and no data."""

    def command(self) -> Sequence[str]:
        job_port, page_port = self.ports
        return [str(self._program), f"--job_port={job_port}", f"--web_port={page_port}", "--log_kind=json"]

    def answers(self) -> bool:
        import grpc
        from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

        with grpc.insecure_channel(self.endpoint) as channel:
            jobs = beam_job_api_pb2_grpc.JobServiceStub(channel)
            try:
                jobs.GetJobs(beam_job_api_pb2.GetJobsRequest(), timeout=2)
            except grpc.RpcError as error:
                return error.code() == grpc.StatusCode.UNIMPLEMENTED
        return True
