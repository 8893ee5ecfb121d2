# Two images from one set of packages:
#   app     every `kirkuk` command
#   worker  the same, and Beam's boot program, for the Python worker pool beside a Flink task manager
# Both have one Python and one set of packages, so what is pickled in one is read in the other.
#
#   docker build --target app --tag kirkuk:0.1.0 .
#   docker build --target worker --tag kirkuk-worker:0.1.0 .

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/kirkuk
ENV PATH=/opt/kirkuk/bin:$PATH

# Packages first: this layer is built again only when the list or a version changes.
COPY pyproject.toml constraints.txt docker/list_requirements.py ./
RUN python list_requirements.py pyproject.toml full > requirements.txt \
    && pip install --constraint constraints.txt --requirement requirements.txt

COPY README.md ./
COPY schemas schemas
COPY connectors connectors
COPY pipelines pipelines
COPY desk desk
COPY config config
# The build's own tools stay out of the image: they go to another environment.
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --constraint constraints.txt hatchling \
    && /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip install --no-deps /wheels/*.whl \
    && pip check

FROM python:3.11.14-slim-bookworm AS app
COPY --from=build /opt/kirkuk /opt/kirkuk
# A named volume gets owner and mode of the folder that it is first mounted over.
RUN groupadd --gid 10001 kirkuk \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/kirkuk --shell /usr/sbin/nologin kirkuk \
    && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/kirkuk
ENV PATH=/opt/kirkuk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KIRKUK_DATA=/var/lib/kirkuk
WORKDIR /var/lib/kirkuk
USER 10001:10001
# 9464: metrics and health.
EXPOSE 9464
ENTRYPOINT ["kirkuk"]
CMD ["--help"]

FROM apache/beam_python3.11_sdk:2.77.0 AS beam

FROM app AS worker
COPY --from=beam /opt/apache/beam /opt/apache/beam
COPY --chmod=0755 docker/worker-pool.sh /usr/local/bin/worker-pool
# Without it the boot program makes a virtual environment of its own at every start.
ENV RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1
ENTRYPOINT ["worker-pool"]
CMD ["/opt/apache/beam/boot", "--worker_pool"]
