"""What people should know: notifications in the application, and the WebSocket that carries every live message."""
