package onecode.peer;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import onecode.peer.Scan.Reason;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Looks at each scan beside the others of its device, and passes it on to its account. */
final class DeviceProcessor extends ContextualProcessor<String, Scan, String, Scan> {
  static final String STORE = "devices";

  private static final long CLOCK_TOLERANCE_MS = 60_000;

  /** The furthest that a device has come. */
  record State(long boot, long seq, long time) implements Binary {
    @Override
    public void write(DataOutput out) throws IOException {
      out.writeLong(boot);
      out.writeLong(seq);
      out.writeLong(time);
    }

    static State read(DataInput in) throws IOException {
      return new State(in.readLong(), in.readLong(), in.readLong());
    }
  }

  private KeyValueStore<String, State> devices;

  @Override
  public void init(ProcessorContext<String, Scan> context) {
    super.init(context);
    devices = context.getStateStore(STORE);
  }

  @Override
  public void process(Record<String, Scan> record) {
    Scan scan = record.value();
    State last = devices.get(scan.device());
    if (last == null) last = new State(scan.boot(), scan.seq() - 1, scan.time());

    Set<Reason> reasons = EnumSet.noneOf(Reason.class);
    boolean sameBoot = scan.boot() == last.boot();
    boolean forward = scan.boot() > last.boot() || (sameBoot && scan.seq() > last.seq());
    if (!forward) {
      reasons.add(sameBoot && scan.seq() == last.seq() ? Reason.SEQUENCE_REPEATED : Reason.SEQUENCE_BACKWARD);
    }
    if (scan.time() < last.time() - CLOCK_TOLERANCE_MS) reasons.add(Reason.CLOCK_BACKWARD);

    devices.put(scan.device(), new State(forward ? scan.boot() : last.boot(), forward ? scan.seq() : last.seq(),
        Math.max(scan.time(), last.time())));
    context().forward(record.withKey(scan.account()).withValue(scan.with(reasons)));
  }
}
