# syntax=docker/dockerfile:1
# The service in a container: builds the wheel, installs it with the locked versions, and keeps the environment alone.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
# What PyTorch computes on: cpu, cu130 or another that `uv pip install --torch-backend` knows.
ARG TORCH=cpu
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /source
COPY pyproject.toml hatch_build.py requirements.lock README.md LICENSE ./
COPY reelseek reelseek
COPY indexer indexer
COPY search search
COPY api api
COPY web web
COPY demo demo
RUN uv build --wheel --out-dir /wheels
# Versions without hashes: PyTorch's builds for one backend are other files than those that are locked.
RUN sed -n '/^[A-Za-z0-9]/s/ \\$//p' requirements.lock > /wheels/constraints.txt
RUN uv venv /opt/reelseek
RUN uv pip install --no-cache --python /opt/reelseek/bin/python --torch-backend "${TORCH}" \
        --constraint /wheels/constraints.txt "$(ls /wheels/*.whl)[offline]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/reelseek /opt/reelseek
RUN useradd --create-home --uid 1000 reelseek
RUN mkdir -p /data /videos && chown reelseek:reelseek /data
ENV PATH=/opt/reelseek/bin:$PATH \
    REELSEEK_LIBRARY=/data/library \
    HF_HOME=/data/models
USER reelseek
VOLUME /data
EXPOSE 8765
# The page is open without a key.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/', timeout=5)"]
ENTRYPOINT ["reelseek"]
CMD ["serve", "--host", "0.0.0.0", "--root", "/videos"]
