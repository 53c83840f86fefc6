# make run, test, check and bench set up all they need; the first time takes a minute or two.
# `QUART_CHAT_AUTH=accounts make run HOST=0.0.0.0 PORT=9000` serves elsewhere; ARGS are for pytest and the benchmarks.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check \
	--constraint constraints.txt --build-constraint constraints.txt

# What tests and checks need of the package's own extras.
EXTRAS := redis,rabbitmq,postgres,telemetry

# What Python has made of the modules is kept: each worker and each server of a test imports them.
test nodes browser rabbitmq postgresql full: export PYTHONDONTWRITEBYTECODE :=

EVERY_CORE := --numprocesses auto --dist worksteal
# Where tests wait for other processes half of the time, a core has a second test meanwhile.
TWO_A_CORE := --numprocesses $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN)) --dist worksteal
# `.ci/run` says EACH_CHANGE=yes: what no change waits for is left to `.ci/nightly`.
BY_DAY := $(if $(EACH_CHANGE),and not nightly)
PLAIN := -m "not long and not browser and not rabbitmq $(BY_DAY)"
CLIENTS := tests/chaos/clients/node_modules/.installed

SERVICES := nginx proxies redis postgresql-server

# What runs many processes and services, and takes long: left out by 'make test', and run by 'make nodes'.
NODES := $(addprefix tests/,administration api backup chaos check cluster copying events/brokers storage/postgres \
	telemetry test_cli.py test_descriptors.py test_http2.py test_instance.py test_shutdown.py)

.PHONY: nchan run test nodes browser rabbitmq postgresql full check bench texts screenshots lock vendor \
	chromium node rabbitmq-server $(SERVICES)

run: $(VENV)/.run
	@exec $(VENV)/bin/quart-chat serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

# What is about one process; the rest is named, with the target that runs it.
test: $(VENV)/.test $(CLIENTS) chromium $(SERVICES)
	$(PYTHON) -m pytest $(if $(ARGS),$(ARGS),$(EVERY_CORE) $(PLAIN) \
		$(addprefix --ignore=,$(NODES)))
	$(if $(ARGS),,@echo "Left to 'make nodes', which CI runs: what runs many processes and services, in"; \
		echo "  $(NODES)"; \
		echo "Left to 'make browser', which CI runs: all but the first look at the pages in Chromium."; \
		echo "Left to 'make rabbitmq', which CI runs: what needs RabbitMQ, which takes long to start."; \
		echo "Left to 'make postgresql', which CI runs: the tests with a store, over PostgreSQL."; \
		echo "Left to 'make full': the coverage, most examples of each property, and what takes long in:"; \
		grep -rl mark.long tests --include=test_*.py)

# Several nodes, brokers, backups and copies, on real services, and how servers start and end.
nodes: $(VENV)/.test $(CLIENTS) chromium $(SERVICES)
	$(PYTHON) -m pytest $(if $(ARGS),$(ARGS),$(EVERY_CORE) $(PLAIN) $(NODES))

# What 'make test' leaves out of the tests in Chromium, which take two thirds of the time of all.
browser: $(VENV)/.test chromium nginx
	$(PYTHON) -m pytest $(if $(ARGS),$(ARGS),$(EVERY_CORE) -m "browser and not long $(BY_DAY)" tests/browser)

# What needs RabbitMQ: on one core, so that it is started once.
rabbitmq: $(VENV)/.test rabbitmq-server
	$(PYTHON) -m pytest $(if $(ARGS),$(ARGS),-m "rabbitmq and not long $(BY_DAY)")

# The tests that have a store, but are not about its engine, over PostgreSQL in the place of SQLite.
postgresql: $(VENV)/.test postgresql-server
	$(PYTHON) -m pytest --store=postgres $(if $(ARGS),$(ARGS),$(TWO_A_CORE) $(PLAIN) \
		$(addprefix tests/,accounts chat $(if $(EACH_CHANGE),,cluster documents web)))

# All tests, also those that take long, each property with all its examples, and the coverage.
full: $(VENV)/.test $(CLIENTS) chromium rabbitmq-server $(SERVICES)
	$(PYTHON) -m pytest $(EVERY_CORE) -m "" --hypothesis-profile thorough --override-ini faulthandler_timeout=1800 \
		--cov --cov-report= --durations=50
	@$(PYTHON) .ci/branches.py $(addprefix quart_chat/,accounts events chat documents assistants search markdown storage)

check: $(VENV)/.check
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

bench: $(VENV)/.bench $(VENV)/.test chromium $(if $(filter cluster,$(ARGS)),redis postgresql-server rabbitmq-server nchan)
	$(PYTHON) -m benchmarks $(ARGS)

# Bring the catalogues of texts up to date with the program.
texts: $(VENV)/.test
	$(PYTHON) -m tests.texts.extraction

# Make the modules under static/vendor anew from the packages that its README names. Needs npm.
vendor: | $(PYTHON)
	$(PYTHON) .ci/vendor.py

# Pictures of every view, in build/screenshots. ARGS="--docs" takes those anew that are shown in docs.
screenshots: $(VENV)/.test chromium
	$(PYTHON) -m tests.browser.screenshots $(ARGS)

# Take the newest versions that fit pyproject.toml. Needs uv.
lock:
	{ head -n 2 constraints.txt; printf 'pip\nhatchling\n' | uv pip compile --quiet --universal \
		--python-version 3.11 --no-annotate --no-header --upgrade \
		pyproject.toml --extra semantic --extra redis --extra rabbitmq --extra postgres --extra telemetry --group check -; } > constraints.new
	mv constraints.new constraints.txt

# Each stamp says that a group of packages is installed as the files it depends on name it.
$(VENV)/.run: pyproject.toml constraints.txt | $(PYTHON)
	@echo "Installing into $(VENV)..."
	@$(INSTALL) --editable '.[semantic]'
	@touch $@

$(VENV)/.test $(VENV)/.check $(VENV)/.bench: $(VENV)/.%: $(VENV)/.run
	@$(INSTALL) --editable '.[$(EXTRAS)]' --group $*
	@touch $@

$(PYTHON):
	@.ci/venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip

# Browser tests drive Chromium, most of them its build without windows, or the whole where that is
# missing. Where neither can be installed they are skipped, and say so.
chromium:
	@{ command -v chromium && command -v chromium-headless-shell; } >/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
		&& apt-get install -y -qq chromium && apt-get install -y -qq chromium-headless-shell; } \
		>/dev/null || true

# The stream doctor is tested behind a real nginx.
nginx:
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq nginx-light; } >/dev/null || true

# So is the application behind Caddy and Apache.
proxies:
	@PATH="$$PATH:/usr/sbin"; { command -v caddy && command -v apache2; } >/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends caddy apache2-bin; } >/dev/null || true

# Brokers are tested on real servers, which the tests start and end. The package's own server, which
# runs from the start of the machine on, is not needed.
redis:
	@command -v redis-server >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq redis-server; } >/dev/null || true

rabbitmq-server:
	@[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq rabbitmq-server; } >/dev/null || true
# The store is tested on a server of the tests' own, never on the one that the system runs.
postgresql-server:
	@{ { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; } \
		&& PATH="$$PATH:/usr/sbin" command -v pgbouncer; } >/dev/null 2>&1 \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq postgresql pgbouncer; } >/dev/null || true

# 'make bench ARGS=cluster' has it as a contestant.
nchan:
	@PATH="$$PATH:/usr/sbin" ls /usr/lib/nginx/modules/ngx_nchan_module.so >/dev/null 2>&1 \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq libnginx-mod-nchan; } >/dev/null || true

# Event-stream clients by others are tried, too; two of them run on Node.
node:
	@command -v npm >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq nodejs npm; } >/dev/null || true

$(CLIENTS): tests/chaos/clients/package-lock.json | node
	@if command -v npm >/dev/null; then \
		npm ci --prefix $(<D) --silent --no-audit --no-fund && touch $@; fi
