package onecode.peer;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** A value in a store, or between the two processors: compact, and read by nobody else. */
interface Binary {
  void write(DataOutput out) throws IOException;

  interface Reader<T> {
    T read(DataInput in) throws IOException;
  }

  static <T extends Binary> Serde<T> serde(Reader<T> reader) {
    return Serdes.serdeFrom(
        (topic, value) -> {
          if (value == null) return null;
          ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
          try {
            value.write(new DataOutputStream(bytes));
          } catch (IOException e) {
            throw new SerializationException(e);
          }
          return bytes.toByteArray();
        },
        (topic, bytes) -> {
          if (bytes == null) return null;
          try {
            return reader.read(new DataInputStream(new ByteArrayInputStream(bytes)));
          } catch (IOException e) {
            throw new SerializationException(e);
          }
        });
  }
}
