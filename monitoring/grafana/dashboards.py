#!/usr/bin/env python3
"""Writes dashboards/*.json, the three Grafana dashboards. `--check` writes nothing and says whether they are as this
file makes them (exit 1: they are not). Grafana 9 and later. Each query is tested against a Prometheus that scraped a
running engine (tests/monitoring/)."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent / "dashboards"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
NODE = 'instance=~"$instance"'
SECONDS, BYTES, SHARE, PER_SECOND, COUNT, BYTES_PER_SECOND = "s", "bytes", "percentunit", "cps", "short", "Bps"
GREEN, ORANGE, RED = "green", "orange", "red"
WIDTH = 24  # of Grafana's grid


# ---- panels: what they have in common ----------------------------------------------------------------------------

def steps(*limits):
    """Green at first; from each (value, colour) on that colour."""
    return {"mode": "absolute", "steps": [{"color": GREEN, "value": None}] +
            [{"color": colour, "value": value} for value, colour in limits]}


def panel(kind, title, description, unit, queries, width, height, limits=(), options=None, custom=None, instant=False,
          mappings=(), **defaults):
    targets = []
    for ref, (expr, legend) in zip("ABCDEFGH", queries):
        target = {"refId": ref, "datasource": SOURCE, "editorMode": "code", "expr": expr, "legendFormat": legend,
                  "range": not instant, "instant": instant}
        if "$__interval" in expr:
            target["interval"] = "5m"  # a step never lies between two scrapes
        if kind == "heatmap":
            target["format"] = "heatmap"
        if kind == "table":
            target["format"] = "table"
        targets.append(target)
    field = {"unit": unit, "thresholds": steps(*limits), "mappings": list(mappings), **defaults}
    if custom:
        field["custom"] = custom
    return {"type": kind, "title": title, "description": description, "datasource": SOURCE,
            "gridPos": {"w": width, "h": height}, "fieldConfig": {"defaults": field, "overrides": []},
            "options": options or {}, "targets": targets}


def stat(title, description, unit, query, limits=(), text=None, mappings=(), width=4, **defaults):
    """One number of now. With `text` its label's value is shown in place of the number."""
    return panel("stat", title, description, unit, [(query, text or "")], width, 4, limits,
                 {"colorMode": "value" if limits or mappings else "none", "graphMode": "none" if text else "area",
                  "justifyMode": "auto", "textMode": "name" if text else "value",
                  "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
                 mappings=mappings, **defaults)


def graph(title, description, unit, *queries, limits=(), stack=False, width=12, **defaults):
    """Lines over time, or areas on top of each other; the legend is a table with what is needed to read a number off."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stack else 8, "showPoints": "never",
              "spanNulls": False, "stacking": {"mode": "normal" if stack else "none", "group": "A"},
              "thresholdsStyle": {"mode": "dashed" if limits else "off"}}
    return panel("timeseries", title, description, unit, queries, width, 8, limits,
                 {"legend": {"displayMode": "table", "placement": "right", "calcs": ["mean", "max", "lastNotNull"],
                             "showLegend": True},
                  "tooltip": {"mode": "multi", "sort": "desc"}}, custom, min=0, **defaults)


def bars(title, description, unit, query, legend, limits=(), width=12, **defaults):
    """One bar for each series, as it is now."""
    return panel("bargauge", title, description, unit, [(query, legend)], width, 8, limits,
                 {"orientation": "horizontal", "displayMode": "basic", "showUnfilled": True,
                  "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
                 instant=True, min=0, **defaults)


def heatmap(title, description, unit, query, width=12):
    return panel("heatmap", title, description, unit, [(query, "{{le}}")], width, 8, (),
                 {"calculate": False, "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
                  "yAxis": {"unit": unit}, "tooltip": {"show": True, "yHistogram": False}, "legend": {"show": True},
                  "cellGap": 1})


def timeline(title, description, query, legend, mappings, width=12):
    return panel("state-timeline", title, description, COUNT, [(query, legend)], width, 8, (),
                 {"showValue": "auto", "mergeValues": True, "rowHeight": 0.8,
                  "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
                 mappings=mappings)


def words(**of):
    """0 and 1 as words: words(no=("closed", GREEN), yes=("open", RED))."""
    return [{"type": "value", "options": {str(n): {"text": text, "color": colour, "index": n}
                                          for n, (text, colour) in enumerate((of["no"], of["yes"]))}}]


# ---- queries that come again and again ---------------------------------------------------------------------------

def rate(metric, labels="", by=""):
    return f"sum{f' by ({by}) ' if by else ''}(rate({metric}{{{labels}}}[$__rate_interval]))"


def grown(metric, labels="", by="", over="$__interval"):
    """How much a counter grew in each step of the picture: for what is rare."""
    return f"sum{f' by ({by}) ' if by else ''}(increase({metric}{{{labels}}}[{over}]))"


def quantile(q, histogram, labels="", by="le"):
    return f"histogram_quantile({q}, sum by ({by}) (rate({histogram}_bucket{{{labels}}}[$__rate_interval])))"


def quantiles(histogram, labels=""):
    return [(quantile(q, histogram, labels), f"p{round(q * 100)}") for q in (0.5, 0.95, 0.99)]


# ---- a dashboard -------------------------------------------------------------------------------------------------

def annotation(name, colour, expr, title, text, on=True):
    return {"name": name, "datasource": SOURCE, "enable": on, "hide": False, "iconColor": colour, "expr": expr,
            "step": "60s", "titleFormat": title, "textFormat": text, "useValueForTime": False}


ANNOTATIONS = [
    {"builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "enable": True, "hide": True,
     "iconColor": "rgba(0, 211, 255, 1)", "datasource": {"type": "grafana", "uid": "-- Grafana --"}},
    annotation("Policy changes", "blue",
               "count by (version) (onecode_policy_info) unless count by (version) (onecode_policy_info offset 5m)",
               "Policy {{version}}", "Nodes began to judge by this version."),
    annotation("Breaker", RED, "max(onecode_breaker_open) == 1", "Breaker open",
               "Automatic freezes were stopped; they wait as proposals."),
]

VARIABLES = [
    {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1,
     "hide": 0, "multi": False, "includeAll": False, "current": {}},
    {"name": "instance", "label": "Node", "type": "query", "datasource": SOURCE, "refresh": 2, "hide": 0, "sort": 1,
     "query": {"query": "label_values(onecode_ready, instance)", "refId": "instance"},
     "definition": "label_values(onecode_ready, instance)", "multi": True, "includeAll": True, "allValue": ".*",
     "current": {"text": ["All"], "value": ["$__all"]}},
]


def laid_out(rows):
    """Rows of panels from left to right, from top to bottom, with ids in this order."""
    out, y = [], 0
    for title, panels in rows:
        out.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                    "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        y += 1
        x = height = 0
        for p in panels:
            size = p["gridPos"]
            if x + size["w"] > WIDTH:
                x, y, height = 0, y + height, 0
            p["gridPos"] = {"x": x, "y": y, **size}
            x, height = x + size["w"], max(height, size["h"])
            out.append(p)
        y += height
    for number, p in enumerate(out, 1):
        p["id"] = number
    return out


def dashboard(uid, title, description, rows, by_node, since):
    return {"uid": uid, "title": title, "description": description, "tags": ["onecode"], "schemaVersion": 37,
            "version": 1, "editable": False, "graphTooltip": 1, "refresh": "30s", "timezone": "browser",
            "time": {"from": f"now-{since}", "to": "now"}, "annotations": {"list": ANNOTATIONS},
            "links": [{"type": "dashboards", "title": "onecode", "tags": ["onecode"], "asDropdown": False,
                       "includeVars": False, "keepTime": True, "icon": "external link", "targetBlank": False}],
            "templating": {"list": VARIABLES if by_node else VARIABLES[:1]}, "panels": laid_out(rows)}


# ---- operations --------------------------------------------------------------------------------------------------

def operations():
    rows = [
        ("At a glance", [
            stat("Nodes ready", "Nodes that process all their shards, as /readyz says.", COUNT,
                 f"sum(onecode_ready{{{NODE}}})"),
            stat("Scans", "Scans taken in per second.", PER_SECOND,
                 rate("onecode_events_total", f'topic="scans",{NODE}')),
            stat("Decision p99", "99 of 100 decisions were committed within this time of the scan's receipt.", SECONDS,
                 quantile(0.99, "onecode_decision_latency_seconds", NODE), [(0.3, ORANGE), (0.5, RED)]),
            stat("Within 0.5 s, 30 days", "Objective: 99 % of decisions. Below it gates begin to decide alone.", SHARE,
                 "1 - onecode:decisions_slow:ratio_rate30d", decimals=3),
            stat("Dead letters, last hour", "Records that could not be used. Objective: none.", COUNT,
                 "onecode:dead_letters:increase1h", [(0.5, ORANGE)], decimals=0),
            stat("Waiting records", "Input records that no node has taken yet.", COUNT,
                 f"sum(onecode_lag_records{{{NODE}}})", [(10000, ORANGE), (100000, RED)]),
        ]),
        ("Rate, errors, duration", [
            graph("Input records by topic", "What comes in, the unusable and the repeated included.", PER_SECOND,
                  (rate("onecode_events_total", NODE, "topic"), "{{topic}}")),
            graph("Decisions by verdict", "One decision for each scan.", PER_SECOND,
                  (rate("onecode_decisions_total", NODE, "verdict"), "{{verdict}}"), stack=True),
            graph("Reasons", "Why scans were denied or challenged. A decision counts under each of its reasons.",
                  PER_SECOND, (rate("onecode_decision_reasons_total", NODE, "reason") + " > 0", "{{reason}}")),
            graph("Dead letters by code", "Why records could not be used, and how far they came. The topic dead-letters "
                  "has them with a sentence each.", PER_SECOND,
                  (rate("onecode_dead_letters_total", NODE, "code, stage"), "{{code}} ({{stage}})")),
            graph("Decision latency", "From the receipt of a scan to its committed decision.", SECONDS,
                  *quantiles("onecode_decision_latency_seconds", NODE), limits=[(0.5, RED)]),
            heatmap("Decision latency, distribution", "How many decisions took how long.", SECONDS,
                    rate("onecode_decision_latency_seconds_bucket", NODE, "le")),
            graph("What writers do wrong", "Repeated ids, retransmitted scans, keys of another partition, and numbers "
                  "that devices gave to scans that never arrived.", PER_SECOND,
                  (rate("onecode_duplicate_events_total", NODE), "repeated id"),
                  (rate("onecode_retransmissions_total", NODE), "retransmitted scan"),
                  (rate("onecode_wrong_key_events_total", NODE), "wrong key"),
                  (rate("onecode_sequence_gaps_total", NODE), "missing number")),
            graph("Faults and refused commands", "A fault is a defect of the rules: please report it.", PER_SECOND,
                  (rate("onecode_entity_faults_total", NODE), "entity fault"),
                  (rate("onecode_commands_total", f'result="refused",{NODE}'), "refused command")),
        ]),
        ("Lag", [
            graph("Waiting records by topic", "Records in input partitions that wait for their node.", COUNT,
                  (f"sum by (topic) (onecode_lag_records{{{NODE}}})", "{{topic}}"), limits=[(10000, ORANGE)]),
            graph("Ten partitions that wait most", "One partition far above the others: a device or key that sends too "
                  "much, or a shard in trouble.", COUNT,
                  (f"topk(10, sum by (topic, partition) (onecode_lag_records{{{NODE}}}))", "{{topic}}/{{partition}}")),
        ]),
        ("Transactions", [
            graph("Turns committed and undone", "A turn is one transaction. Undone ones are done again.", PER_SECOND,
                  (rate("onecode_transactions_committed_total", NODE), "committed"),
                  (rate("onecode_transactions_aborted_total", NODE, "cause"), "undone: {{cause}}")),
            graph("Duration of a turn", "From its first record to its commit.", SECONDS,
                  *quantiles("onecode_turn_duration_seconds", NODE)),
            graph("Where the time of turns goes", "Seconds per second. Committing is the broker's part.", SHARE,
                  (rate("onecode_turn_phase_seconds_total", NODE, "phase"), "{{phase}}"), stack=True),
            graph("Records in a turn", "Few while all is quiet; large turns are how a backlog is worked off.", COUNT,
                  (f'{rate("onecode_turn_events_sum", NODE)} / {rate("onecode_turn_events_count", NODE)}', "mean"),
                  (quantile(0.99, "onecode_turn_events", NODE), "p99")),
            graph("Since the last commit", "Grows while nothing comes in; with records waiting it is a stall.", SECONDS,
                  (f"time() - (onecode_last_commit_timestamp_seconds{{{NODE}}} > 0)", "{{instance}}"),
                  limits=[(120, RED)]),
            graph("Records written by topic", "Outputs and internal topics.", PER_SECOND,
                  (rate("onecode_produced_records_total", NODE, "topic") + " > 0", "{{topic}}")),
        ]),
        ("Shards and restore", [
            graph("Shards by state", "Their sum is the number of partitions while every shard has an owner.", COUNT,
                  (f"sum by (state) (onecode_shards{{{NODE}}})", "{{state}}"), stack=True),
            graph("Restore", "How far the slowest restore of a node has come; 100 % while nothing restores.", SHARE,
                  (f"min by (instance) (onecode_restore_ratio{{{NODE}}}) or on (instance) "
                   f'clamp_max(max by (instance) (onecode_shards{{state="working",{NODE}}}), 1)', "{{instance}}"),
                  max=1),
            timeline("Ready", "Does the node process all its shards?", f"max by (instance) (onecode_ready{{{NODE}}})",
                     "{{instance}}", words(no=("not ready", RED), yes=("ready", GREEN))),
            graph("Policy version", "Nodes by the version that they judge by. Two for long: some node does not read "
                  "the topic.", COUNT, (f"count by (version) (onecode_policy_info{{{NODE}}})", "{{version}}"),
                  stack=True),
        ]),
        ("Actors", [
            graph("Awake entities", "Accounts, devices and others in memory.", COUNT,
                  (f"sum by (kind) (onecode_resident_entities{{{NODE}}})", "{{kind}}"), stack=True),
            graph("Messages between entities", "Within turns.", PER_SECOND,
                  (rate("onecode_entity_messages_total", NODE, "instance"), "{{instance}}")),
            graph("Woken", "Read from the store. Much of this and of the next picture: raise resident_limit.",
                  PER_SECOND, (rate("onecode_entity_wakes_total", NODE, "kind"), "{{kind}}")),
            graph("Put to sleep", "The least recently used, beyond the resident limit.", PER_SECOND,
                  (rate("onecode_entity_passivations_total", NODE, "kind"), "{{kind}}")),
            graph("Work of shards", "CPU seconds per second in which shards compute: cores in use.", COUNT,
                  (rate("onecode_shard_compute_seconds_total", NODE, "instance"), "{{instance}}")),
        ]),
        ("RocksDB and journal", [
            graph("Bytes of the stores", "Files on disk; write buffers and cache in memory; what compaction has still to "
                  "rewrite.", BYTES, (f"sum by (part) (onecode_store_bytes{{{NODE}}})", "{{part}}")),
            graph("Waiting for the store", "Seconds per second, over all shards.", SHARE,
                  (rate("onecode_store_seconds_total", NODE, "operation"), "{{operation}}")),
            graph("Keys read", "What shards ask their stores for.", PER_SECOND,
                  (rate("onecode_store_reads_total", NODE, "instance"), "{{instance}}")),
            graph("Journal", "State that is written to the journal: changes, and the sweep that keeps it short.",
                  BYTES_PER_SECOND, (rate("onecode_journal_bytes_total", NODE, "part"), "{{part}}"), stack=True),
            stat("Damaged stores", "Set aside and rebuilt from the journal since the nodes started.", COUNT,
                 f"sum(onecode_damaged_stores_total{{{NODE}}})", [(1, ORANGE)]),
        ]),
        ("Process", [
            graph("Memory", "Resident set of the process.", BYTES,
                  (f'process_resident_memory_bytes{{job="onecode",{NODE}}}', "{{instance}}")),
            graph("CPU", "Cores in use.", COUNT,
                  (rate("process_cpu_seconds_total", f'job="onecode",{NODE}', "instance"), "{{instance}}")),
            graph("Open files", "Of the limit of the process.", SHARE,
                  (f'process_open_fds{{job="onecode",{NODE}}} / process_max_fds{{job="onecode",{NODE}}}',
                   "{{instance}}"), limits=[(0.8, RED)], max=1),
            graph("Running since", "Age of the process: falls to zero at a restart.", SECONDS,
                  (f'time() - process_start_time_seconds{{job="onecode",{NODE}}}', "{{instance}}")),
            stat("Program", "What runs; more than one during a roll-out.", COUNT,
                 f"count by (version, revision) (onecode_build_info{{{NODE}}})", text="{{version}} {{revision}}",
                 width=8),
        ]),
    ]
    return dashboard("onecode-operations", "onecode / Operations",
                     "Do the nodes decide, how fast, and what stands in their way?", rows, True, "3h")


# ---- security ----------------------------------------------------------------------------------------------------

def security():
    by_article = ("sum by (article) (sum by (rule) (increase(onecode_findings_total{state=\"opened\"}[$__interval])) "
                  "* on (rule) group_left (article) max by (rule, article) (onecode_rule_info))")
    distrust = "CODE_.*|DEVICE_UNKNOWN|DEVICE_BAD_MAC|DEVICE_QUARANTINED|ACCOUNT_UNKNOWN|ACCOUNT_FROZEN|CHALLENGE_REQUIRED"
    rows = [
        ("At a glance", [
            stat("Findings opened, 24 h", "Against accounts, devices and integrations.", COUNT,
                 grown("onecode_findings_total", 'state="opened"', over="24h"), decimals=0),
            stat("Automatic freezes, 24 h", "Provisional holds that the response policy set without a person.", COUNT,
                 grown("onecode_automatic_freezes_total", over="24h"), [(10, ORANGE)], decimals=0),
            stat("Breaker", "Open: automatic freezes are stopped and wait as proposals for people.", COUNT,
                 "max(onecode_breaker_open)", mappings=words(no=("closed", GREEN), yes=("OPEN", RED))),
            stat("Stopped by the breaker, 24 h", "Freezes that wait as proposals instead.", COUNT,
                 grown("onecode_breaker_refusals_total", over="24h"), [(1, ORANGE)], decimals=0),
            stat("Frozen within 1 s, 30 days", "Objective: all (R8.2).", SHARE,
                 "1 - onecode:freezes_slow:ratio_increase30d", decimals=2),
            stat("Cases upheld, 90 days", "Of the decided ones; not upheld includes overturned on appeal. Per rule: below.",
                 SHARE, 'sum(increase(onecode_cases_settled_total{result="upheld"}[90d:15m])) '
                 "/ (sum(increase(onecode_cases_settled_total[90d:15m])) > 0)", decimals=1),
        ]),
        ("Findings", [
            graph("Opened by rule", "By the rule that leads the finding; docs/detection.md says what each sees.", COUNT,
                  (grown("onecode_findings_total", 'state="opened"', "rule") + " > 0", "{{rule}}"), stack=True),
            graph("Opened by article", "The article of the regulation that the leading rule is about.", COUNT,
                  (by_article, "Article {{article}}"), stack=True),
            graph("By band", "Records that opened or updated a finding, by the band that it was in then: from watch on "
                  "it is open, challenge asks for a check, propose goes to people, automatic was frozen.", COUNT,
                  (grown("onecode_finding_records_total", by="band"), "{{band}}"), stack=True),
            graph("Opened and closed", "Findings close when they are settled or quiet for 30 days.", COUNT,
                  (grown("onecode_findings_total", by="state"), "{{state}}")),
            graph("Hits of enforced rules", "Each time a rule sees something, whether or not a finding follows.",
                  PER_SECOND, (rate("onecode_rule_hits_total", 'mode="enforce"', "rule") + " > 0", "{{rule}}")),
            graph("Scans refused for distrust", "Codes that are false or used again, readers and accounts that nobody "
                  "knows, holds at work.", PER_SECOND,
                  (rate("onecode_decision_reasons_total", f'reason=~"{distrust}"', "reason"), "{{reason}}")),
        ]),
        ("Freezes and breaker", [
            graph("Automatic freezes", "Set by the response policy, and stopped by the breaker.", COUNT,
                  (grown("onecode_automatic_freezes_total"), "frozen"),
                  (grown("onecode_breaker_refusals_total"), "stopped by the breaker")),
            timeline("Breaker", "Open after too many automatic freezes; it closes with the first request after its time that finds room again.",
                     "max(onecode_breaker_open)", "breaker", words(no=("closed", GREEN), yes=("open", RED))),
            graph("Time to freeze, p99", "From the receipt of an order, or of the last event that a freeze by policy took, to "
                  "the committed freeze, which binds the next scan.", SECONDS,
                  (quantile(0.99, "onecode_freeze_latency_seconds", by="cause, le"), "{{cause}}"), limits=[(1, RED)]),
            graph("Freezes by cause", "By order of a person, or by the response policy.", COUNT,
                  (grown("onecode_freeze_latency_seconds_count", by="cause"), "{{cause}}")),
        ]),
        ("Cases and precision", [
            graph("Cases decided", "By people; what is overturned on appeal counts as not upheld.", COUNT,
                  (grown("onecode_cases_settled_total", by="result"), "{{result}}"), stack=True),
            bars("Precision by rule, 90 days", "Of the decided cases in which the rule's evidence stood, the share that "
                 "was upheld. Below 80 % of 30 cases the engine takes a rule back to checks of the person.", SHARE,
                 "onecode:rule_precision:ratio_increase90d", "{{rule}}", max=1,
                 limits=[(0, RED), (0.8, ORANGE), (0.9, GREEN)], width=6),
            bars("Cases by rule, 90 days", "On how many cases the precision rests. Few: it says little.", COUNT,
                 "onecode:rule_cases:increase90d > 0", "{{rule}}", decimals=0, width=6),
        ]),
        ("Policies in shadow", [
            graph("Verdicts that would change", "What the policy in force decided, and what the one in shadow would have "
                  "decided.", PER_SECOND,
                  (rate("onecode_candidate_verdicts_total", by="live, candidate"), "{{live}}, would be {{candidate}}")),
            graph("Rules in shadow", "Hits of single rules in shadow, and of the rules that a policy in shadow judges "
                  "otherwise.", PER_SECOND,
                  (rate("onecode_rule_hits_total", 'mode=~"shadow|candidate"', "mode"), "{{mode}}")),
        ]),
        ("Commands", [
            graph("Refused commands", "False signatures, wrong roles, used nonces, or simply mistakes: dead-letters says "
                  "which.", COUNT, (grown("onecode_commands_total", 'result="refused"', "command") + " > 0", "{{command}}")),
            graph("Commands about accounts and cases", "What people ordered and the engine did.", COUNT,
                  (grown("onecode_commands_total", 'result="done",command=~"(account|case|hold|appeal|unfreeze)[.].*"',
                         "command") + " > 0", "{{command}}")),
        ]),
    ]
    return dashboard("onecode-security", "onecode / Security",
                     "What is found, what is done about it, and was it right?", rows, False, "24h")


# ---- governance --------------------------------------------------------------------------------------------------

def governance():
    open_orders = 'state=~"ordered|submitted|overdue|escalated"'
    plan_rules = "D15|R2[.]3|R2[.]4|R5[.]2|R6[.]4|R7[.]1"
    done = 'result="done",command=~"{}[.].*"'
    rows = [
        ("At a glance", [
            stat("Integrations live", "Accepted and in use (Article 6).", COUNT, 'sum(onecode_integrations{state="live"})'),
            stat("Access ended or suspended", "Terminated under Article 11, rectifying since, or suspended.", COUNT,
                 'sum(onecode_integrations{state=~"suspended|terminated|rectifying"})', [(1, ORANGE)]),
            stat("Orders open", "Rectification orders that are not closed.", COUNT,
                 f"sum(onecode_rectification_orders{{{open_orders}}})"),
            stat("Orders overdue", "Past their deadline, escalated ones included. Objective: none.", COUNT,
                 "onecode:rectification_orders_overdue:sum", [(1, RED)]),
            stat("Devices active", "Installed, certified and in use.", COUNT, 'sum(onecode_devices{state="active"})'),
            stat("Devices quarantined", "Taken out of use by a finding or by order.", COUNT,
                 'sum(onecode_devices{state="quarantined"})', [(1, ORANGE)]),
        ]),
        ("Integrations (Articles 4 to 7)", [
            bars("Integrations by state", "Where each stands on its way from draft to live and back.", COUNT,
                 "sum by (state) (onecode_integrations)", "{{state}}"),
            graph("Integrations over time", "States that are taken by none are left out.", COUNT,
                  ("sum by (state) (onecode_integrations) > 0", "{{state}}"), stack=True),
            graph("Steps of integrations", "Commands that were done.", COUNT,
                  (grown("onecode_commands_total", done.format("integration"), "command") + " > 0", "{{command}}"),
                  stack=True),
            graph("Findings about plans and documents", "Drift from the plan (D15), projects that are not integrated (R2.3), "
                  "similar credentials (R2.4), data that differ (R5.2), traffic while not live (R6.4), documents overdue "
                  "(R7.1).", COUNT,
                  (grown("onecode_findings_total", f'state="opened",rule=~"{plan_rules}"', "rule"), "{{rule}}"),
                  stack=True),
        ]),
        ("Rectification orders (Article 11)", [
            bars("Open orders by state", "Overdue: the deadline has passed. Escalated: and still nothing was handed in.", COUNT,
                 f"sum by (state) (onecode_rectification_orders{{{open_orders}}})", "{{state}}"),
            graph("Orders over time", "Open ones, and those past their deadline.", COUNT,
                  (f"sum(onecode_rectification_orders{{{open_orders}}})", "open"),
                  ("onecode:rectification_orders_overdue:sum", "overdue"), limits=[(1, RED)]),
            graph("Steps of orders", "Commands that were done: ordered, extended, submitted, accepted, rejected.", COUNT,
                  (grown("onecode_commands_total", done.format("rectification"), "command"), "{{command}}"), stack=True),
        ]),
        ("Devices (Article 11)", [
            bars("Devices by state", "Of the register.", COUNT, "sum by (state) (onecode_devices)", "{{state}}"),
            graph("Devices over time", "Of the register.", COUNT, ("sum by (state) (onecode_devices)", "{{state}}"),
                  stack=True),
            graph("Steps of devices", "Commands that were done.", COUNT,
                  (grown("onecode_commands_total", done.format("device"), "command") + " > 0", "{{command}}"), stack=True),
            graph("Findings about devices", "Opened; by leading rule.", COUNT,
                  (grown("onecode_findings_total", 'state="opened",rule=~"D.*"', "rule") + " > 0", "{{rule}}"),
                  stack=True),
        ]),
        ("Accounts and policy", [
            graph("Accounts opened", "One for each eligible person (Article 2).", COUNT,
                  (grown("onecode_accounts_opened_total"), "opened")),
            graph("Commands done and refused", "All of them.", COUNT,
                  (grown("onecode_commands_total", by="result"), "{{result}}")),
            graph("Policy in force", "Nodes by the version that they judge by.", COUNT,
                  ("count by (version) (onecode_policy_info)", "{{version}}"), stack=True),
        ]),
    ]
    return dashboard("onecode-governance", "onecode / Governance",
                     "Integrations, orders and devices: where they stand, and what is overdue.", rows, False, "7d")


def main():
    stale = []
    for make in (operations, security, governance):
        made = make()
        path = HERE / (made["uid"].removeprefix("onecode-") + ".json")
        text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        sys.exit(f"not as monitoring/grafana/dashboards.py makes them (run it): {', '.join(stale)}")


if __name__ == "__main__":
    main()
