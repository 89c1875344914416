# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with who sources this
# kafka.sh: Kafka brokers in KRaft combined mode, one for all or one per datacenter. Sourced after folder.sh.
kafka_jars=$root/.cache/kafka

kafka_create() { # OWNER (a dc, or `all`)
  local owner folder
  part_at "$1" kafka
  mkdir -p -- "$folder/kafka"
  kafka_settings >"$folder/kafka/server.properties"
  kafka_format
}

# Formats the data folder where there is none: at first, and after its disk was lost. (In `folder`.)
kafka_format() {
  [[ ! -e $folder/kafka/data/meta.properties ]] || return 0
  rm -rf -- "$folder/kafka/data"
  java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$kafka_jars/*" kafka.tools.StorageTool format \
    -t "$(kafka_cluster_id)" -c "$folder/kafka/server.properties" >"$folder/kafka/format.log" 2>&1 ||
    die "formatting Kafka's folder failed; log: $folder/kafka/format.log"
}

# 16 random bytes in base64, as Kafka writes a UUID (its other two letters are `-` and `_`).
kafka_cluster_id() { head -c 16 /dev/urandom | base64 -w0 | tr '+/' 'ab' | cut -c1-22; }

# One broker that is its own controller. Internal topics are small, sessions short: back 3 s after a kill -9.
kafka_settings() {
  local listener=127.0.0.1:${port[$owner/kafka]} controller=127.0.0.1:${port[$owner/controller]}
  cat <<SETTINGS
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://$listener,CONTROLLER://$controller
advertised.listeners=PLAINTEXT://$listener
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/kafka/data
auto.create.topics.enable=false
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
SETTINGS
}

# The quick compiler only: a stack lives for minutes, and the other one takes longer to pay for itself.
kafka_command() {
  command=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms128m -Xmx384m -Dorg.slf4j.simpleLogger.showDateTime=true
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS"
    -cp "$kafka_jars/*" kafka.Kafka "$folder/kafka/server.properties")
}

# The broker takes connections only once it is a member of its own cluster.
kafka_answers() { # OWNER
  { exec 7<>"/dev/tcp/127.0.0.1/${port[$1/kafka]}"; } 2>/dev/null || return 1
  exec 7<&-
}
