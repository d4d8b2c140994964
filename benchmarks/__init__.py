"""Performance, as ratios against something measured in the same run. `make bench` runs all but web_chat_load."""
