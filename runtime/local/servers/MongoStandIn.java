import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Serves the MongoDB wire protocol with its data in one H2 file. Takes mongod's own flags. */
public final class MongoStandIn {
  public static void main(String[] arguments) {
    if (arguments[0].equals("--version")) {
      // The jar's manifest has no version; its file name has.
      String jar = H2Backend.class.getProtectionDomain().getCodeSource().getLocation().getPath();
      System.out.println("version " + jar.replaceAll(".*-([\\d.]+)\\.jar", "$1"));
      return;
    }
    Map<String, String> flags = new HashMap<>();
    for (int at = 0; at + 1 < arguments.length; at += 2) flags.put(arguments[at], arguments[at + 1]);
    MongoServer server = new MongoServer(new H2Backend(Path.of(flags.get("--dbpath"), "data.mv").toString()));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    server.bind(flags.get("--bind_ip"), Integer.parseInt(flags.get("--port")));
  }
}
