package onecode.peer;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.Topology.AutoOffsetReset;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/** Scans in, exactly one decision each out, with Kafka Streams: what onecode is compared with. */
public final class Peer {
  private static final long MIB = 1 << 20;

  private static Topology topology(String prefix) {
    StringSerializer key = new StringSerializer();
    StringDeserializer readKey = new StringDeserializer();
    Serde<Scan> scan = Binary.serde(Scan::read);
    return new Topology()
        .addSource(AutoOffsetReset.LATEST, "scans", readKey, (topic, json) -> Scan.fromJson(json), prefix + "scans")
        .addProcessor("device", DeviceProcessor::new, "scans")
        .addStateStore(store(DeviceProcessor.STORE, Binary.serde(DeviceProcessor.State::read)), "device")
        .addSink("to-account", prefix + "by-account", key, scan.serializer(), "device")
        // From the beginning: the other thread may have written before this one first looks.
        .addSource(AutoOffsetReset.EARLIEST, "by-account", readKey, scan.deserializer(), prefix + "by-account")
        .addProcessor("account", AccountProcessor::new, "by-account")
        .addStateStore(store(AccountProcessor.STORE, Binary.serde(AccountProcessor.State::read)), "account")
        .addSink("decisions", prefix + "decisions", key, new ByteArraySerializer(), "account");
  }

  private static <V> StoreBuilder<KeyValueStore<String, V>> store(String name, Serde<V> value) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), value)
        .withLoggingEnabled(Map.of())
        .withCachingEnabled();
  }

  private static Properties config(Map<String, String> options) {
    Properties p = new Properties();
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("brokers"));
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("application"));
    p.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state"));
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.get("commit-ms"));
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.get("threads"));
    p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 128 * MIB);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedMemory.class);
    p.put(StreamsConfig.DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
    return p;
  }

  /** All stores of the process share one block cache, and their write buffers count against it. */
  public static final class BoundedMemory implements RocksDBConfigSetter {
    private static final Cache CACHE = new LRUCache(256 * MIB);
    private static final WriteBufferManager WRITE_BUFFERS = new WriteBufferManager(64 * MIB, CACHE);
    private static final BloomFilter BLOOM = new BloomFilter(10);

    @Override
    public void setConfig(String store, Options options, Map<String, Object> configs) {
      BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
      table.setBlockCache(CACHE).setCacheIndexAndFilterBlocks(true).setFilterPolicy(BLOOM);
      options.setTableFormatConfig(table).setWriteBufferManager(WRITE_BUFFERS);
    }

    @Override
    public void close(String store, Options options) {} // what is shared lives as long as the process
  }

  /** The topic between the processors has the partitions of `scans`. The other topics are there. */
  private static void createByAccount(String brokers, String prefix) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      String scans = prefix + "scans";
      int partitions = admin.describeTopics(List.of(scans)).allTopicNames().get().get(scans).partitions().size();
      admin.createTopics(List.of(new NewTopic(prefix + "by-account", partitions, (short) 1))).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) throw e;
    }
  }

  private static Map<String, String> options(String[] args) {
    Map<String, String> options = new HashMap<>(Map.of("brokers", "127.0.0.1:9092", "prefix", "onecode.",
        "application", "onecode-peer", "state", "peer-state", "commit-ms", "100", "threads", "2"));
    for (int i = 0; i < args.length; i += 2) {
      boolean known = args[i].startsWith("--") && options.containsKey(args[i].substring(2));
      if (!known || i + 1 == args.length) {
        System.err.println("unknown option or no value: " + args[i] + "; there are, with their defaults: " + options);
        System.exit(2);
      }
      options.put(args[i].substring(2), args[i + 1]);
    }
    return options;
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> options = options(args);
    createByAccount(options.get("brokers"), options.get("prefix"));
    KafkaStreams streams = new KafkaStreams(topology(options.get("prefix")), config(options));

    CountDownLatch running = new CountDownLatch(1), ended = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) running.countDown();
      if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
        running.countDown();
        ended.countDown();
      }
    });
    streams.setUncaughtExceptionHandler(e -> StreamThreadExceptionResponse.SHUTDOWN_CLIENT); // is logged
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
    running.await();
    if (ended.getCount() > 0) System.out.println("running");
    ended.await();
    if (streams.state() == KafkaStreams.State.ERROR) System.exit(1);
  }
}
