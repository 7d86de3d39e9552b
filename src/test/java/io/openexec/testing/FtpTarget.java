package io.openexec.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An FTP server (RFC 959) that lets nobody in, and keeps the passwords that were tried. */
public final class FtpTarget implements AutoCloseable {
  private final ServerSocket server;
  private final List<String> passwords = new CopyOnWriteArrayList<>();

  public FtpTarget() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::accept, "ftp-target");
    thread.setDaemon(true);
    thread.start();
  }

  /** Host and port. */
  public String address() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  public List<String> passwords() {
    return List.copyOf(passwords);
  }

  private void accept() {
    while (!server.isClosed()) {
      try (Socket client = server.accept()) {
        talk(client);
      } catch (IOException e) {
        // The client has gone, or the test is over.
      }
    }
  }

  private void talk(Socket client) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(client.getInputStream(), ISO_8859_1));
    OutputStream out = client.getOutputStream();
    answer(out, "220 who is it");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith("PASS ")) {
        passwords.add(line.substring("PASS ".length()));
        answer(out, "530 not you");
      } else {
        answer(out, line.startsWith("USER ") ? "331 prove it" : "502 no");
      }
    }
  }

  private static void answer(OutputStream out, String line) throws IOException {
    out.write((line + "\r\n").getBytes(ISO_8859_1));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
