#!/usr/bin/env bash
# curl.sh <url> writes each event's id and data, and comes back with the last id.
last=
while true; do
	data= id=
	while IFS= read -r line; do
		case $line in
		data:*) data=${line#data: } ;;
		id:*) id=${line#id: } ;;
		"")
			[ -z "$id" ] || last=$id
			[ -z "$data" ] || printf '%s\t%s\n' "$id" "$data"
			data= id=
			;;
		esac
	done < <(curl --silent --no-buffer ${last:+--header "Last-Event-ID: $last"} "$1")
	sleep 0.02
done
