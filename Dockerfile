# syntax=docker/dockerfile:1
# Two images of one source: `--target run` segments, `--target serve` (the default) answers HTTP
# and holds no clustering library. Both install what requirements.lock pins, and run as nobody.

FROM python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 PATH=/opt/coterie/bin:$PATH
RUN useradd --uid 10001 --create-home coterie
WORKDIR /srv

FROM base AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv && uv venv /opt/coterie
COPY pyproject.toml requirements.lock README.md LICENSE ./
RUN uv pip install --python /opt/coterie/bin/python --constraint requirements.lock \
    hatchling editables
COPY models models
COPY segmentation segmentation
COPY service service

FROM build AS build-serve
RUN uv pip install --python /opt/coterie/bin/python --constraint requirements.lock --group serve \
 && uv pip install --python /opt/coterie/bin/python --no-deps --no-build-isolation . \
 && uv pip uninstall --python /opt/coterie/bin/python hatchling editables

FROM build AS build-run
RUN uv pip install --python /opt/coterie/bin/python --constraint requirements.lock \
    --no-build-isolation '.[postgres]' \
 && uv pip uninstall --python /opt/coterie/bin/python hatchling editables

FROM base AS run
COPY --from=build-run /opt/coterie /opt/coterie
RUN mkdir /data && chown coterie /data
USER coterie
# Kernels compiled here run on any processor of the architecture; nobody waits for them later.
ENV NUMBA_CACHE_DIR=/home/coterie/.cache/numba NUMBA_CPU_NAME=generic
RUN python -m models.kernels
VOLUME /data
ENV COTERIE_STORE=/data/store
ENTRYPOINT ["coterie"]
CMD ["run", "--config", "/data/coterie.toml"]

FROM base AS serve
COPY --from=build-serve /opt/coterie /opt/coterie
RUN mkdir /data && chown coterie /data
USER coterie
VOLUME /data
ENV COTERIE_STORE=/data/store
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz')"]
CMD ["coterie", "serve", "--host", "0.0.0.0", "--port", "8000"]
