# One image for pages, scheduler and workers; docker-compose.yml says who is what.
FROM python:3.13-slim AS built
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app app
COPY templates templates
COPY migrations migrations
RUN python -m venv /paperboy \
    && /paperboy/bin/pip install --no-cache-dir --no-compile '.[postgres]' -c constraints.txt \
    && /paperboy/bin/python -m compileall -q /paperboy/lib

FROM python:3.13-slim
COPY --from=built /paperboy /paperboy
# Whoever runs it writes to /data alone: the root may be mounted read-only.
RUN useradd --uid 1000 --no-create-home paperboy && install -d -o paperboy -m 700 /data
ENV PATH=/paperboy/bin:$PATH \
    PAPERBOY_DATA_DIR=/data \
    PAPERBOY_HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1
USER paperboy
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Not by urllib: Docker hands its own proxy on to containers, and that would be asked for us.
HEALTHCHECK --interval=30s --timeout=10s --start-period=1m CMD \
    ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000); c.request('GET', '/readyz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["paperboy"]
CMD ["serve"]
