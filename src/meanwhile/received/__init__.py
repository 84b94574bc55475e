"""What other systems send to the addresses of trees on Received: API keys, the endpoint, and what is kept of it."""
