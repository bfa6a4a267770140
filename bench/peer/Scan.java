package onecode.peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.errors.SerializationException;

/** One scan of a code, and what was found about it so far. */
record Scan(String id, String source, long time, String device, long boot, long seq, String account, String handset,
    Set<Reason> reasons) implements Binary {

  /** What speaks against a scan, and how much. */
  enum Reason {
    SEQUENCE_REPEATED(100), SEQUENCE_BACKWARD(300), CLOCK_BACKWARD(100),
    SECOND_HANDSET(400), IMPOSSIBLE_TRAVEL(600), VELOCITY(200), DAILY_COUNT(100);

    final int points;

    Reason(int points) {
      this.points = points;
    }
  }

  private static final JsonFactory JSON = new JsonFactory();

  Scan with(Set<Reason> found) {
    return new Scan(id, source, time, device, boot, seq, account, handset, found);
  }

  /** Reads a CloudEvent. Members that the rules do not need are skipped. */
  static Scan fromJson(byte[] json) {
    String id = null, source = null, time = null, device = null, account = null, handset = "";
    long boot = 0, seq = 0;
    try (JsonParser p = JSON.createParser(json)) {
      p.nextToken();
      while (p.nextToken() == JsonToken.FIELD_NAME) {
        String member = p.currentName();
        p.nextToken();
        switch (member) {
          case "id" -> id = p.getValueAsString();
          case "source" -> source = p.getValueAsString();
          case "time" -> time = p.getValueAsString();
          case "data" -> {
            while (p.nextToken() == JsonToken.FIELD_NAME) {
              String field = p.currentName();
              p.nextToken();
              switch (field) {
                case "device" -> device = p.getValueAsString();
                case "boot" -> boot = p.getLongValue();
                case "seq" -> seq = p.getLongValue();
                case "account" -> account = p.getValueAsString();
                case "handset" -> handset = p.getValueAsString("");
                default -> p.skipChildren();
              }
            }
          }
          default -> p.skipChildren();
        }
      }
      if (id == null || source == null || time == null || device == null || account == null) {
        throw new SerializationException("a scan needs id, source, time, device and account");
      }
      return new Scan(id, source, OffsetDateTime.parse(time).toInstant().toEpochMilli(), device, boot, seq, account,
          handset, EnumSet.noneOf(Reason.class));
    } catch (IOException | DateTimeParseException e) {
      throw new SerializationException("not a scan", e);
    }
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeUTF(id);
    out.writeUTF(source);
    out.writeLong(time);
    out.writeUTF(device);
    out.writeLong(boot);
    out.writeLong(seq);
    out.writeUTF(account);
    out.writeUTF(handset);
    out.writeByte(reasons.size());
    for (Reason r : reasons) out.writeByte(r.ordinal());
  }

  static Scan read(DataInput in) throws IOException {
    Scan scan = new Scan(in.readUTF(), in.readUTF(), in.readLong(), in.readUTF(), in.readLong(), in.readLong(),
        in.readUTF(), in.readUTF(), EnumSet.noneOf(Reason.class));
    for (int n = in.readByte(); n > 0; --n) scan.reasons.add(Reason.values()[in.readByte()]);
    return scan;
  }
}
