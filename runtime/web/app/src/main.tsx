import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Route, Routes } from 'react-router';
import { AdminPage } from './pages/admin';
import { ChannelPage } from './pages/channel';
import { HomePage } from './pages/home';
import { NotFoundPage } from './pages/not-found';
import { SignInPage } from './pages/sign-in';
import { SignUpPage } from './pages/sign-up';
import { StudioPage } from './pages/studio';
import { WatchPage } from './pages/watch';
import { SessionProvider } from './session';
import { Layout } from './ui/layout';
import './ui/styles.css';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

createRoot(root).render(
  <StrictMode>
    <BrowserRouter>
      <SessionProvider>
        <Layout>
          <Routes>
            <Route path="/" element={<HomePage />} />
            <Route path="/sign-in" element={<SignInPage />} />
            <Route path="/sign-up" element={<SignUpPage />} />
            <Route path="/studio" element={<StudioPage />} />
            <Route path="/admin" element={<AdminPage />} />
            <Route path="/watch/:streamId" element={<WatchPage />} />
            <Route path="/c/:handle" element={<ChannelPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Routes>
        </Layout>
      </SessionProvider>
    </BrowserRouter>
  </StrictMode>,
);
