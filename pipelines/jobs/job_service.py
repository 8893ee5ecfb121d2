"""Jobs on a portable runner, through its job service: Prism, Flink behind Beam's job server, and the like.

Beam's own handle on a job waits for ever where a runner hangs, and loses its streams after a minute. Every call here
ends within `_CALL_S`, and what the runner does wrong is a RunnerError.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from schemas.errors import KirkukError

_CALL_S: Final = 5.0
"""A job service answers within milliseconds; one that takes this long is stuck."""
ENDED: Final = frozenset({"DONE", "FAILED", "CANCELLED", "DRAINED", "UPDATED"})
_NAME_OPTION: Final = "beam:option:job_name:v1"


class RunnerError(KirkukError):
    """The runner can't be reached, refused a job, or ended one."""


class JobService:
    """A client of one job service; `endpoint` is `host:port`."""

    def __init__(self, endpoint: str) -> None:
        import grpc
        from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

        self._endpoint = endpoint
        self._grpc = grpc
        self._api = beam_job_api_pb2
        self._channel = grpc.insecure_channel(endpoint)
        self._stub = beam_job_api_pb2_grpc.JobServiceStub(self._channel)

    def reach(self) -> None:
        """Return once the service answers. Raises RunnerError, which names the setting."""
        try:
            self._grpc.channel_ready_future(self._channel).result(timeout=_CALL_S)
        except self._grpc.FutureTimeoutError as error:
            raise RunnerError(
                f"no runner answers at {self._endpoint}; start it, or correct --job_endpoint in match.beam_args"
            ) from error

    def jobs(self, name: str) -> dict[str, str]:
        """Return id and state of every job that was submitted under a name, ended ones included."""
        found = self._call(self._stub.GetJobs, self._api.GetJobsRequest())
        named = (job for job in found.job_info if job.pipeline_options.fields[_NAME_OPTION].string_value == name)
        return {job.job_id: self._api.JobState.Enum.Name(job.state) for job in named}

    def state(self, job_id: str) -> str:
        """Return the state of a job by Beam's name for it."""
        found = self._call(self._stub.GetState, self._api.GetJobStateRequest(job_id=job_id))
        return str(self._api.JobState.Enum.Name(found.state))

    def cancel(self, job_id: str) -> None:
        """Ask for the end of a job; nothing happens to one that has ended."""
        self._call(self._stub.Cancel, self._api.CancelJobRequest(job_id=job_id))

    def counts(self, job_id: str, namespace: str) -> Mapping[str, int]:
        """Return a job's counters of one namespace so far, with those of the bundles under way where there are any."""
        from apache_beam.metrics.metric import MetricsFilter
        from apache_beam.runners.portability.portable_runner import PortableMetrics

        response = self._call(self._stub.GetJobMetrics, self._api.GetJobMetricsRequest(job_id=job_id))
        found = PortableMetrics(response).query(MetricsFilter().with_namespace(namespace))
        counts: dict[str, int] = {}
        for item in found["counters"]:
            name = item.key.metric.name
            counts[name] = counts.get(name, 0) + max(int(item.committed or 0), int(item.attempted or 0))
        return counts

    def failure(self, job_id: str) -> str:
        """Return the last error that the runner told of a job, "" if it told none."""
        importance = self._api.JobMessage.JOB_MESSAGE_ERROR
        told = ""
        # The stream of an ended job ends by itself on Prism; where it doesn't, the time limit ends it.
        with contextlib.suppress(self._grpc.RpcError):
            for message in self._stub.GetMessageStream(self._api.JobMessagesRequest(job_id=job_id), timeout=2.0):
                if message.message_response.importance == importance:
                    told = message.message_response.message_text
        return told

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return method(request, timeout=_CALL_S)
        except self._grpc.RpcError as error:
            code = error.code().name if hasattr(error, "code") else type(error).__name__
            details = error.details() if hasattr(error, "details") else ""
            raise RunnerError(f"the runner at {self._endpoint} failed ({code}: {details})") from error


@contextlib.contextmanager
def quiet_worker() -> Iterator[None]:
    """Keep what a worker in this process says about a runner that is gone, and about failed steps, off the screen.

    The state of the job tells it as well, and tells it once.
    """
    import grpc

    logging.getLogger("apache_beam.runners.worker").setLevel(logging.CRITICAL)
    usual = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if not isinstance(args.exc_value, grpc.RpcError):
            usual(args)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = usual


def quietly(call: Callable[[], Any]) -> None:
    """Do the last thing to be done for a job, which may hang or fail where its runner does."""

    def run() -> None:
        with contextlib.suppress(Exception):
            call()

    thread = threading.Thread(target=run, name="ending-a-job", daemon=True)
    thread.start()
    thread.join(_CALL_S)
