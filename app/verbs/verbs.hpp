// What each verb's file gives to the table in app/cli.cpp.
#pragma once

#include "app/cli.hpp"

namespace onecode::app {

Run add_alerts(CLI::App& verb);
Run add_audit(CLI::App& verb);
Run add_backtest(CLI::App& verb);
Run add_command(CLI::App& verb);
Run add_config(CLI::App& verb);
Run add_demo(CLI::App& verb);
Run add_doctor(CLI::App& verb);
Run add_evaluate(CLI::App& verb);
Run add_history(CLI::App& verb);
Run add_import(CLI::App& verb);
Run add_keys(CLI::App& verb);
Run add_policy(CLI::App& verb);
Run add_privacy(CLI::App& verb);
Run add_publish(CLI::App& verb);
Run add_referral(CLI::App& verb);
Run add_replay(CLI::App& verb);
Run add_run(CLI::App& verb);
Run add_simulate(CLI::App& verb);
Run add_state(CLI::App& verb);
Run add_tail(CLI::App& verb);
Run add_topics(CLI::App& verb);
Run add_witness(CLI::App& verb);

} // namespace onecode::app
