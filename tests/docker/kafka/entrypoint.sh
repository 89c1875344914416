#!/usr/bin/env bash
# KAFKA_FOO_BAR=x is the setting foo.bar=x; a folder without a cluster is formatted with $CLUSTER_ID.
set -euo pipefail
settings=/opt/kafka/config/server.properties
while IFS='=' read -r name value; do
  case $name in
    KAFKA_HEAP_OPTS) ;;
    KAFKA_*)
      name=${name#KAFKA_}
      name=${name,,}
      printf '%s=%s\n' "${name//_/.}" "$value"
      ;;
  esac
done < <(env) >"$settings"
if [[ ! -e $KAFKA_LOG_DIRS/meta.properties ]]; then
  java -XX:+UseSerialGC -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format -t "$CLUSTER_ID" -c "$settings"
fi
# shellcheck disable=SC2086 # options, separated by blanks
exec java ${KAFKA_HEAP_OPTS-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' kafka.Kafka "$settings"
