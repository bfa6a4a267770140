package onecode.peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import onecode.peer.Scan.Reason;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Compares each scan with the last ones of its account, and decides it. */
final class AccountProcessor extends ContextualProcessor<String, Scan, String, byte[]> {
  static final String STORE = "accounts";

  private static final int REMEMBERED = 16;
  private static final long SECOND = 1_000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  private static final long MIDNIGHT = -8 * HOUR; // of the campus, which is at +08:00
  private static final int PER_MINUTE = 12, PER_DAY = 300;
  private static final double DENY = 900, CHALLENGE = 500, HIGHEST = 1000;

  private static final JsonFactory JSON = new JsonFactory();

  record Sighting(long time, String device, String handset) {}

  static final class State implements Binary {
    final ArrayDeque<Sighting> recent = new ArrayDeque<>(REMEMBERED + 1);
    long day;
    int today;
    double score; // as of `scored`; halves every hour
    long scored;

    @Override
    public void write(DataOutput out) throws IOException {
      out.writeLong(day);
      out.writeInt(today);
      out.writeDouble(score);
      out.writeLong(scored);
      out.writeByte(recent.size());
      for (Sighting s : recent) {
        out.writeLong(s.time);
        out.writeUTF(s.device);
        out.writeUTF(s.handset);
      }
    }

    static State read(DataInput in) throws IOException {
      State state = new State();
      state.day = in.readLong();
      state.today = in.readInt();
      state.score = in.readDouble();
      state.scored = in.readLong();
      for (int n = in.readByte(); n > 0; --n) {
        state.recent.add(new Sighting(in.readLong(), in.readUTF(), in.readUTF()));
      }
      return state;
    }
  }

  private KeyValueStore<String, State> accounts;

  @Override
  public void init(ProcessorContext<String, byte[]> context) {
    super.init(context);
    accounts = context.getStateStore(STORE);
  }

  @Override
  public void process(Record<String, Scan> record) {
    Scan scan = record.value();
    State state = accounts.get(scan.account());
    if (state == null) state = new State();
    Set<Reason> reasons = EnumSet.noneOf(Reason.class);
    reasons.addAll(scan.reasons());
    judge(scan, state, reasons);
    accounts.put(scan.account(), state);
    context().forward(record.withKey(scan.device()).withValue(decision(scan, state, reasons)));
  }

  private static void judge(Scan scan, State state, Set<Reason> reasons) {
    int lastMinute = 1;
    for (Sighting s : state.recent) {
      long apart = Math.abs(scan.time() - s.time);
      if (apart <= SECOND && !s.device.equals(scan.device())) reasons.add(Reason.IMPOSSIBLE_TRAVEL);
      boolean handsetsKnown = !s.handset.isEmpty() && !scan.handset().isEmpty();
      if (apart <= 10 * MINUTE && handsetsKnown && !s.handset.equals(scan.handset())) {
        reasons.add(Reason.SECOND_HANDSET);
      }
      if (apart <= MINUTE) ++lastMinute;
    }
    if (lastMinute > PER_MINUTE) reasons.add(Reason.VELOCITY);
    state.recent.addLast(new Sighting(scan.time(), scan.device(), scan.handset()));
    if (state.recent.size() > REMEMBERED) state.recent.removeFirst();

    long day = Math.floorDiv(scan.time() - MIDNIGHT, DAY);
    if (day > state.day) {
      state.day = day;
      state.today = 0;
    }
    if (day == state.day && ++state.today > PER_DAY) reasons.add(Reason.DAILY_COUNT);

    if (scan.time() > state.scored) {
      state.score *= Math.pow(0.5, (double) (scan.time() - state.scored) / HOUR);
      state.scored = scan.time();
    }
    for (Reason r : reasons) state.score = Math.min(HIGHEST, state.score + r.points);
  }

  private byte[] decision(Scan scan, State state, Set<Reason> reasons) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator out = JSON.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeStringField("scan", scan.id());
      out.writeStringField("source", scan.source());
      out.writeStringField("time", Instant.ofEpochMilli(scan.time()).toString());
      out.writeStringField("device", scan.device());
      out.writeStringField("account", scan.account());
      out.writeStringField("handset", scan.handset());
      out.writeStringField("verdict",
          state.score >= DENY ? "deny" : state.score >= CHALLENGE ? "challenge" : "allow");
      out.writeArrayFieldStart("reasons");
      for (Reason r : reasons) out.writeString(r.name());
      out.writeEndArray();
      out.writeNumberField("score", (int) state.score);
      out.writeNumberField("today", state.today);
      out.writeStringField("decided", Instant.ofEpochMilli(context().currentSystemTimeMs()).toString());
      out.writeStringField("policy", "peer-1");
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
